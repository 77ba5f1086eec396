package zone

// MaxFeedEntries is the limit of ParseFeed.
const MaxFeedEntries = maxFeedEntries

// ParseFeedUpTo is ParseFeed with another limit of entries.
func ParseFeedUpTo(limit int) func(file string, data []byte) (Feed, error) {
	return func(file string, data []byte) (Feed, error) { return parseFeed(file, data, limit) }
}
