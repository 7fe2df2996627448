package lsp

import "encoding/json"

// What is used of the protocol, named as in the specification. Fields that are
// not used are left out.
type (
	position struct {
		Line      int `json:"line"`
		Character int `json:"character"`
	}
	textRange struct {
		Start position `json:"start"`
		End   position `json:"end"`
	}
	location struct {
		URI   string    `json:"uri"`
		Range textRange `json:"range"`
	}

	folder struct {
		URI  string `json:"uri"`
		Name string `json:"name"`
	}
	initializeParams struct {
		RootPath              *string         `json:"rootPath"`
		RootURI               *string         `json:"rootUri"`
		WorkspaceFolders      []folder        `json:"workspaceFolders"`
		InitializationOptions json.RawMessage `json:"initializationOptions"`
		Capabilities          capabilities    `json:"capabilities"`
	}
	capabilities struct {
		General struct {
			PositionEncodings []encoding `json:"positionEncodings"`
		} `json:"general"`
		Window struct {
			WorkDoneProgress bool `json:"workDoneProgress"`
		} `json:"window"`
		Workspace struct {
			Configuration bool `json:"configuration"`
			WorkspaceEdit struct {
				DocumentChanges bool `json:"documentChanges"`
			} `json:"workspaceEdit"`
			DidChangeWatchedFiles struct {
				DynamicRegistration bool `json:"dynamicRegistration"`
			} `json:"didChangeWatchedFiles"`
		} `json:"workspace"`
		TextDocument struct {
			PublishDiagnostics struct {
				RelatedInformation bool `json:"relatedInformation"`
			} `json:"publishDiagnostics"`
			CodeAction struct {
				CodeActionLiteralSupport *struct{} `json:"codeActionLiteralSupport"`
			} `json:"codeAction"`
			Hover struct {
				ContentFormat []string `json:"contentFormat"`
			} `json:"hover"`
		} `json:"textDocument"`
	}

	documentID struct {
		URI     string `json:"uri"`
		Version int    `json:"version"`
	}
	didOpenParams struct {
		TextDocument struct {
			documentID
			Text string `json:"text"`
		} `json:"textDocument"`
	}
	didChangeParams struct {
		TextDocument   documentID `json:"textDocument"`
		ContentChanges []struct {
			Range *textRange `json:"range"` // nil: all of it
			Text  string     `json:"text"`
		} `json:"contentChanges"`
	}
	didSaveParams struct {
		TextDocument documentID `json:"textDocument"`
		Text         *string    `json:"text"`
	}
	didCloseParams struct {
		TextDocument documentID `json:"textDocument"`
	}
	didChangeWatchedFilesParams struct {
		Changes []struct {
			URI string `json:"uri"`
		} `json:"changes"`
	}
	didChangeFoldersParams struct {
		Event struct {
			Added   []folder `json:"added"`
			Removed []folder `json:"removed"`
		} `json:"event"`
	}
	didChangeConfigurationParams struct {
		Settings json.RawMessage `json:"settings"`
	}
	hoverParams struct {
		TextDocument documentID `json:"textDocument"`
		Position     position   `json:"position"`
	}
	codeActionParams struct {
		TextDocument documentID `json:"textDocument"`
		Range        textRange  `json:"range"`
		Context      struct {
			Only []string `json:"only"`
		} `json:"context"`
	}
	cancelParams struct {
		ID json.RawMessage `json:"id"`
	}
	progressCancelParams struct {
		Token json.RawMessage `json:"token"`
	}

	diagnostic struct {
		Range              textRange        `json:"range"`
		Severity           int              `json:"severity"`
		Code               string           `json:"code"`
		CodeDescription    *codeDescription `json:"codeDescription,omitempty"`
		Source             string           `json:"source"`
		Message            string           `json:"message"`
		RelatedInformation []related        `json:"relatedInformation,omitempty"`
	}
	codeDescription struct {
		Href string `json:"href"`
	}
	related struct {
		Location location `json:"location"`
		Message  string   `json:"message"`
	}
	publishDiagnosticsParams struct {
		URI         string       `json:"uri"`
		Diagnostics []diagnostic `json:"diagnostics"`
	}

	markupContent struct {
		Kind  string `json:"kind"`
		Value string `json:"value"`
	}
	hover struct {
		Contents markupContent `json:"contents"`
		Range    textRange     `json:"range"`
	}

	textEdit struct {
		Range   textRange `json:"range"`
		NewText string    `json:"newText"`
	}
	documentEdit struct {
		TextDocument documentID `json:"textDocument"`
		Edits        []textEdit `json:"edits"`
	}
	workspaceEdit struct {
		Changes         map[string][]textEdit `json:"changes,omitempty"`
		DocumentChanges []documentEdit        `json:"documentChanges,omitempty"`
	}
	codeAction struct {
		Title       string        `json:"title"`
		Kind        string        `json:"kind"`
		Diagnostics []diagnostic  `json:"diagnostics"`
		IsPreferred bool          `json:"isPreferred,omitempty"`
		Edit        workspaceEdit `json:"edit"`
	}

	messageParams struct {
		Type    int    `json:"type"`
		Message string `json:"message"`
	}
	progressParams struct {
		Token string        `json:"token"`
		Value progressValue `json:"value"`
	}
	progressValue struct {
		Kind        string `json:"kind"`
		Title       string `json:"title,omitempty"`
		Message     string `json:"message,omitempty"`
		Cancellable bool   `json:"cancellable,omitempty"`
	}
)

// The types of messages.
const (
	messageError   = 1
	messageWarning = 2
	messageInfo    = 3
)

// The severities of diagnostics.
const (
	severityError   = 1
	severityWarning = 2
	severityInfo    = 3
)
