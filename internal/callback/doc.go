// Package callback finds the functions of a package that run on an event loop:
// the callbacks, and how each came to be one.
//
// A function is a callback when it is handed to a parameter that a contract, a
// directive or a wrapper's body puts on a loop; when it is converted to a func
// type that a contract names, or stored in a field that one does; when it is a
// method of a type that implements an interface whose methods run on a loop;
// or when its type has the shape of such a type without ever meeting the
// interface.
package callback
