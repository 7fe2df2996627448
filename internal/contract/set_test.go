package contract

import "testing"

func TestBuiltinParses(t *testing.T) {
	names, err := embedded.ReadDir("contracts")
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		data, err := embedded.ReadFile("contracts/" + n.Name())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Parse(n.Name(), data); err != nil {
			t.Error(err)
		}
	}
}
