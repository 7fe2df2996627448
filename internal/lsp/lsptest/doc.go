// Package lsptest has a client for tests of the language server.
package lsptest
