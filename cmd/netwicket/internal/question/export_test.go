package question

// What tests compare with curl and bash.
var (
	Option   = option
	ByShell  = byShell
	ByCmdExe = byCmdExe
)
