// Package work holds blocking calls that a worker can take. // want package:"effects"
package work

func show(...any) {}
