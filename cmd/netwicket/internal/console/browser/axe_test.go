package browser_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// axe is the text of axe.min.js.
func axe(t *testing.T) string {
	t.Helper()
	path := os.Getenv("NETWICKET_AXE")
	require.NotEmpty(t, path, "NETWICKET_AXE names no axe.min.js, which NETWICKET_BROWSER=1 demands: scripts/axe fetches it")
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(text)
}

// asked is what axe is asked: WCAG 2.2 up to AA, and what its makers hold for good practice.
const asked = `axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"], resultTypes: ["violations"] })
	.then((found) => JSON.stringify(found.violations))`

// violation is one that axe has found.
type violation struct {
	ID    string
	Help  string
	Nodes []struct {
		HTML           string
		Target         []any
		FailureSummary string
	}
}

func (v violation) String() string {
	var out strings.Builder
	fmt.Fprintf(&out, "%s: %s", v.ID, v.Help)
	for _, node := range v.Nodes {
		fmt.Fprintf(&out, "\n  %v  %s\n    %s", node.Target, node.HTML, strings.ReplaceAll(node.FailureSummary, "\n", "\n    "))
	}
	return out.String()
}

// accessible fails by what axe finds.
func (p *page) accessible() {
	p.site.t.Helper()
	for _, one := range p.violations(axe(p.site.t)) {
		p.site.t.Errorf("axe, %s, %s: %s", p.where(), p.as, one)
	}
}

// violations are what axe finds. It runs in a world of its own: the page's policy is not
// for it, and nothing of it stays in the page.
func (p *page) violations(script string) []violation {
	p.site.t.Helper()
	var answer string
	p.do("axe", chromedp.ActionFunc(func(ctx context.Context) error {
		tree, err := cdppage.GetFrameTree().Do(ctx)
		if err != nil {
			return err
		}
		world, err := cdppage.CreateIsolatedWorld(tree.Frame.ID).WithWorldName("axe").Do(ctx)
		if err != nil {
			return err
		}
		if err := evaluateIn(ctx, world, script+";0", nil); err != nil {
			return err
		}
		return evaluateIn(ctx, world, asked, &answer)
	}))
	var found []violation
	require.NoError(p.site.t, json.Unmarshal([]byte(answer), &found))
	return found
}

// What is wrong is found, or the tests of accessibility say nothing.
func TestAxeFinds(t *testing.T) {
	page := start(t, acme(t)).open(desk, "ask")
	page.do("spoil the page", chromedp.Evaluate(`{
		const field = document.createElement("input"), text = document.createElement("p");
		text.textContent = "hardly to be read";
		text.style.color = "#ccc";
		document.querySelector("main").append(field, text);
	}`, nil))
	var found []string
	for _, one := range page.violations(axe(t)) {
		found = append(found, one.ID)
	}
	require.Subset(t, found, []string{"label", "color-contrast"})
}

func evaluateIn(ctx context.Context, world runtime.ExecutionContextID, script string, answer *string) error {
	value, thrown, err := runtime.Evaluate(script).WithContextID(world).WithAwaitPromise(true).WithReturnByValue(true).Do(ctx)
	switch {
	case err != nil:
		return err
	case thrown != nil:
		return thrown
	case answer != nil:
		return json.Unmarshal(value.Value, answer)
	}
	return nil
}
