package policyfile

import (
	"bytes"
	"encoding/json"
)

// property is a member of a JSON object whose members have an order.
type property struct {
	name  string
	value any
}

// ordered is a JSON object in the order given.
type ordered []property

func (o ordered) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, p := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		name, err := json.Marshal(p.name)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(p.value)
		if err != nil {
			return nil, err
		}
		b.Write(name)
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// schemaOf is the JSON Schema of a policy file with these keys.
func schemaOf(keys []key) []byte {
	schema := append(ordered{
		{"$schema", "https://json-schema.org/draft/2020-12/schema"},
		{"title", "netwicket policy file"},
		{"description", "netwicket.json. Comments (// and /* */) and trailing commas are allowed."},
	}, objectSchema(keys)...)
	text, err := json.Marshal(schema)
	if err != nil {
		panic(err)
	}
	return text
}

func objectSchema(keys []key) ordered {
	var properties ordered
	for _, k := range keys {
		properties = append(properties, property{k.name, keySchema(k)})
	}
	return ordered{{"type", "object"}, {"properties", properties}, {"additionalProperties", false}}
}

func keySchema(k key) ordered {
	schema := ordered{{"description", k.about}}
	if k.shape == anObject {
		return append(schema, objectSchema(k.keys)...)
	}
	schema = append(schema, valueSchema(k)...)
	if initial := initialOf(k); initial != "" {
		schema = append(schema, property{"default", json.RawMessage(initial)})
	}
	return append(schema, property{"examples", []json.RawMessage{json.RawMessage(k.example)}})
}

// valueSchema says what a value looks like. It may take what the reader refuses,
// such as an address that is none, and never the other way round.
func valueSchema(k key) ordered {
	path := ordered{{"type", "string"}, {"minLength", 1}}
	list := func(items ordered) ordered { return ordered{{"type", "array"}, {"items", items}} }
	text := ordered{{"type", "string"}}
	like := func(pattern string) ordered { return append(text, property{"pattern", pattern}) }
	switch k.shape {
	case aPath:
		return path
	case pathList:
		return list(path)
	case aFlag:
		return ordered{{"type", "boolean"}}
	case aWord:
		return ordered{{"enum", k.words}}
	case wordList:
		return list(ordered{{"enum", k.words}})
	case anAddress:
		return like(`^unix:.|:[0-9]+$`)
	case anAddressOrNone:
		return like(`^$|^unix:.|:[0-9]+$`)
	case addressList:
		return list(path)
	case prefixList:
		file := ordered{{"type", "object"}, {"properties", ordered{{"file", path}}}, {"required", []string{"file"}}, {"additionalProperties", false}}
		return list(ordered{{"anyOf", []ordered{path, file}}})
	case headerList:
		return list(like("^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$"))
	case aSource:
		return like(`^(peer|x-forwarded-for|forwarded|header:.+|hops:[0-9]+)$`)
	case anAge:
		return like(`^$|^[0-9]+d$|^\+?([0-9.]+(ns|us|µs|μs|ms|s|m|h))+$`)
	case aWait:
		return like(`^\+?0$|^\+?([0-9.]+(ns|us|µs|μs|ms|s|m|h))+$`)
	case serviceLists:
		return ordered{{"type", "object"}, {"propertyNames", ordered{{"pattern", serviceName.String()}}}, {"additionalProperties", list(path)}}
	case aText, aPathOrNone, aTextOrNone:
		return text
	case textList:
		return list(path)
	case aCount:
		return ordered{{"type", "integer"}, {"minimum", 0}}
	case aTenant:
		return like(`^$|^https?://`)
	case anObject: // has keys, not a value
	}
	panic("a shape that the schema does not know")
}
