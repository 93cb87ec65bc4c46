package policy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Parse reads a policy from JSON. It is strict, as a rule that is misread would allow too much:
// unknown and repeated fields, and anything behind the object, are errors.
func Parse(data []byte) (*Policy, error) {
	if err := noRepeats(data); err != nil {
		return nil, fmt.Errorf("policy: %w", err)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	var p *Policy
	if err := d.Decode(&p); err != nil {
		return nil, fmt.Errorf("policy: %w", err)
	}
	if p == nil || p.Rules == nil {
		return nil, errors.New(`policy: there is no list "rules"`)
	}
	if err := p.Validate(); err != nil {
		return nil, err
	}
	return p, nil
}

// noRepeats walks one JSON value, which must be all of data, and refuses an object that has two
// fields of one name. encoding/json takes the last of them, and compares names without case, as is
// done here.
func noRepeats(data []byte) error {
	d := json.NewDecoder(bytes.NewReader(data))
	if err := walk(d); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return fmt.Errorf("something stands behind the policy, at byte %d", d.InputOffset())
	}
	return nil
}

func walk(d *json.Decoder) error {
	t, err := d.Token()
	if err != nil {
		return err
	}
	delim, nested := t.(json.Delim)
	if !nested {
		return nil
	}
	var seen []string
	for d.More() {
		if delim == '{' {
			t, err := d.Token()
			if err != nil {
				return err
			}
			name, _ := t.(string)
			for _, s := range seen {
				if strings.EqualFold(s, name) {
					return fmt.Errorf("the field %q stands twice in an object, at byte %d", name,
						d.InputOffset())
				}
			}
			seen = append(seen, name)
		}
		if err := walk(d); err != nil {
			return err
		}
	}
	_, err = d.Token()
	return err
}
