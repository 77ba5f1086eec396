package jsondoc_test

import (
	"errors"
	"fmt"

	"github.com/netwicket/netwicket/internal/jsondoc"
)

func ExampleParse() {
	root, err := jsondoc.Parse("policy.json", []byte("{\n  \"mode\": \"obsrve\"\n}"))
	if err != nil {
		fmt.Println(err)
		return
	}
	for member := range root.Members() {
		if member.Value.String() != "observe" {
			fmt.Println(member.Value.Finding("unknown-mode", errors.New("expected enforce or observe")))
		}
	}
	// Output: policy.json:2:11 /mode: "obsrve": expected enforce or observe
}
