package console

import "context"

// TakeBench waits for the place where drafts are compiled, as a question of a visitor's
// page does.
func (c *Console) TakeBench(ctx context.Context, who string) (context.Context, func(), error) {
	return c.bench.take(ctx, who)
}
