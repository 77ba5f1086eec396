package explained

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Object is a JSON object whose keys keep their order.
type Object []Member

// Member is one key of an Object with its value.
type Member struct {
	Key   string
	Value any
}

// MarshalJSON writes the members in order. A key that stands there already, such
// as the name of a second zone without an id, gets a number, so that no reader
// loses one of the two.
func (o Object) MarshalJSON() ([]byte, error) {
	var buffer bytes.Buffer
	buffer.WriteByte('{')
	used := make(map[string]bool, len(o))
	for i, m := range o {
		key := m.Key
		for n := 2; used[key]; n++ {
			key = fmt.Sprintf("%s #%d", m.Key, n)
		}
		used[key] = true
		if i > 0 {
			buffer.WriteByte(',')
		}
		name, err := json.Marshal(key)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(m.Value)
		if err != nil {
			return nil, err
		}
		buffer.Write(name)
		buffer.WriteByte(':')
		buffer.Write(value)
	}
	buffer.WriteByte('}')
	return buffer.Bytes(), nil
}
