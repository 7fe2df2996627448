package effect

import "testing"

func TestLoggerName(t *testing.T) {
	for name, want := range map[string]bool{
		"Debug": true, "Infof": true, "Println": true, "Log": true, "Logf": true, "Warnw": true, "ErrorContext": true,
		"LogErrorf": true, "logWarn": true, "LogInfoContext": true,
		"Login": false, "Logout": false, "Record": false, "LogTo": false, "Perform": false,
	} {
		if got := loggerName(name); got != want {
			t.Errorf("loggerName(%q) = %v", name, got)
		}
	}
}
