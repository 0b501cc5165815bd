// Package formbinder stands in for a package of that name that cannot be had any more. Iris reads forms with it; its
// websockets need none of it.
package formbinder

import (
	"errors"
	"net/url"
)

// Decode reads no form.
func Decode(url.Values, any) error { return errors.New("forms are not read here") }

// IsErrPath says that no error is one of a path.
func IsErrPath(error) bool { return false }
