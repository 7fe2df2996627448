/*
Site makes a site of plain HTML of the pages in docs, of CONTRIBUTING.md and
CHANGELOG.md, and of the contracts that come with loopvet.

Usage, in the root of the repository:

	go run -C docs/site . [-o dir]

The site is written to dir, docs/site/out by default; a relative dir is meant
from docs/site. It can be read from a disk or from any server: links are
relative, and nothing is loaded from elsewhere, nor is a script needed.

A link to a page or a heading that does not exist is an error, and nothing is
written then. Links to other files of the repository lead to where it is hosted.

The navigation is the list groups in site.go. Pages of docs that it does not name
come at its end.
*/
package main
