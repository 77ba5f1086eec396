package reload

// WithoutEvents makes a Keeper live on looks alone.
func WithoutEvents(o *Options) { o.withoutEvents = true }

// Folders are the folders that are watched for paths.
func Folders(paths []string) []string { return folders(paths) }
