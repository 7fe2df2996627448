// Package libs imports what the built-in contracts of loops and of their
// neighbours speak of, so that a test can look their symbols up.
package libs

import (
	_ "charm.land/bubbles/v2/filepicker"
	_ "charm.land/bubbles/v2/list"
	_ "charm.land/bubbles/v2/textarea"
	_ "charm.land/bubbles/v2/textinput"
	_ "charm.land/bubbletea/v2"
	_ "charm.land/lipgloss/v2"
	_ "github.com/atotto/clipboard"
	_ "github.com/aymanbagabas/go-osc52/v2"
	_ "github.com/charmbracelet/bubbles/filepicker"
	_ "github.com/charmbracelet/bubbles/list"
	_ "github.com/charmbracelet/bubbles/textarea"
	_ "github.com/charmbracelet/bubbles/textinput"
	_ "github.com/charmbracelet/bubbletea"
	_ "github.com/charmbracelet/lipgloss"
	_ "github.com/derailed/tview"
	_ "github.com/dop251/goja"
	_ "github.com/dop251/goja_nodejs/eventloop"
	_ "github.com/eclipse/paho.mqtt.golang"
	_ "github.com/gdamore/tcell/v2"
	_ "github.com/panjf2000/ants/v2"
	_ "github.com/panjf2000/gnet/v2"
	_ "github.com/rivo/tview"
	_ "golang.design/x/clipboard"
	_ "golang.org/x/crypto/argon2"
	_ "golang.org/x/crypto/bcrypt"
	_ "golang.org/x/crypto/scrypt"
	_ "golang.org/x/sys/unix"
)
