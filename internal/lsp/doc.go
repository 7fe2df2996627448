// Package lsp serves what loopvet finds to editors, over the Language Server
// Protocol, version 3.17. It knows nothing of how findings come about: a Config
// brings the analysis. The JSON-RPC part is github.com/creachadair/jrpc2's.
//
// https://microsoft.github.io/language-server-protocol/specifications/lsp/3.17/specification/
package lsp
