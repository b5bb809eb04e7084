package jupyter

// The contents of the messages that are sent; what they mean is told by the
// protocol's page.

type welcomeContent struct {
	Subscription string `json:"subscription"`
}

type statusContent struct {
	State string `json:"execution_state"`
}

type streamContent struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

type displayContent struct {
	Data      any       `json:"data"`
	Metadata  struct{}  `json:"metadata"`
	Transient transient `json:"transient"`
}

type transient struct {
	DisplayID string `json:"display_id,omitempty"`
}

type clearContent struct {
	Wait bool `json:"wait"`
}

type executeInput struct {
	Code  string `json:"code"`
	Count int    `json:"execution_count"`
}

type executeResult struct {
	Data     any      `json:"data"`
	Metadata struct{} `json:"metadata"`
	Count    int      `json:"execution_count"`
}

// errorContent is the content of an error, and of any reply that tells one.
type errorContent struct {
	Status    string   `json:"status"`
	Name      string   `json:"ename"`
	Value     string   `json:"evalue"`
	Traceback []string `json:"traceback"`
}

func newErrorContent(e *Error) errorContent {
	if e.Traceback == nil {
		return errorContent{"error", e.Name, e.Value, []string{}}
	}
	return errorContent{"error", e.Name, e.Value, e.Traceback}
}

type okReply struct {
	Status string `json:"status"`
}

var ok = okReply{"ok"}

type executeReply struct {
	okReply
	Count           int              `json:"execution_count"`
	UserExpressions map[string]any   `json:"user_expressions"`
	Payload         []map[string]any `json:"payload"`
}

type executeErrorReply struct {
	errorContent
	Count           int              `json:"execution_count"`
	UserExpressions map[string]any   `json:"user_expressions"`
	Payload         []map[string]any `json:"payload"`
}

type expressionValue struct {
	okReply
	Data     any      `json:"data"`
	Metadata struct{} `json:"metadata"`
}

type kernelInfoReply struct {
	okReply
	Protocol              string       `json:"protocol_version"`
	Implementation        string       `json:"implementation"`
	ImplementationVersion string       `json:"implementation_version"`
	Language              languageInfo `json:"language_info"`
	Banner                string       `json:"banner"`
	Debugger              bool         `json:"debugger"`
	HelpLinks             []HelpLink   `json:"help_links"`
	Features              []string     `json:"supported_features"`
}

type languageInfo struct {
	Name          string `json:"name"`
	Version       string `json:"version"`
	Mimetype      string `json:"mimetype"`
	FileExtension string `json:"file_extension"`
	Pygments      string `json:"pygments_lexer,omitempty"`
	CodeMirror    string `json:"codemirror_mode,omitempty"`
	NBConvert     string `json:"nbconvert_exporter,omitempty"`
}

type completeReply struct {
	okReply
	Matches  []string         `json:"matches"`
	Start    int              `json:"cursor_start"`
	End      int              `json:"cursor_end"`
	Metadata completeMetadata `json:"metadata"`
}

type completeMetadata struct {
	Types []completeType `json:"_jupyter_types_experimental"`
}

type completeType struct {
	Text      string `json:"text"`
	Type      string `json:"type"`
	Signature string `json:"signature,omitempty"`
	Start     int    `json:"start"`
	End       int    `json:"end"`
}

type inspectReply struct {
	okReply
	Found    bool     `json:"found"`
	Data     any      `json:"data"`
	Metadata struct{} `json:"metadata"`
}

type isCompleteReply struct {
	Status string `json:"status"`
	Indent string `json:"indent"`
}

type historyReply struct {
	okReply
	History [][3]any `json:"history"`
}

type shutdownReply struct {
	okReply
	Restart bool `json:"restart"`
}

type connectReply struct {
	okReply
	Shell     int `json:"shell_port"`
	IOPub     int `json:"iopub_port"`
	Stdin     int `json:"stdin_port"`
	Control   int `json:"control_port"`
	Heartbeat int `json:"hb_port"`
}

type commInfoReply struct {
	okReply
	Comms map[string]commTarget `json:"comms"`
}

type commTarget struct {
	Name string `json:"target_name"`
}

type subshellReply struct {
	okReply
	ID any `json:"subshell_id"` // one, or for the list an array
}

type inputRequest struct {
	Prompt   string `json:"prompt"`
	Password bool   `json:"password"`
}
