package asking

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/netwicket/netwicket/internal/jsondoc"
)

const (
	maxPages  = 1000      // of a list; more is a list without an end (U5)
	listLimit = 256 << 20 // bytes of all pages together
)

// List asks for a list to its end (U4, U5). The elements are the objects of all
// pages in their order, as they were received; first are those of the first page.
func (c *Client) List(ctx context.Context, q Question) (all, first []jsondoc.Node, err error) {
	what := q.What
	seen := make(map[string]bool)
	var size, total int
	for page := 1; ; page++ {
		q.What = fmt.Sprintf("%s, page %d", what, page)
		if page > maxPages {
			return nil, nil, fmt.Errorf("%s, %s: the list has more than %d pages; no tenant has", c.vendor, q.What, maxPages)
		}
		seen[q.Path] = true
		var elements []jsondoc.Node
		header, err := c.Ask(ctx, q, func(body []byte) (err error) {
			size = len(body)
			elements, err = objects(q.What, body)
			return err
		})
		if err != nil {
			return nil, nil, err
		}
		if total += size; total > c.listLimit {
			return nil, nil, fmt.Errorf("%s, %s: the list is larger than %d bytes", c.vendor, q.What, c.listLimit)
		}
		if all = append(all, elements...); page == 1 {
			first = elements
		}
		link, err := nextLink(header.Values("Link"))
		if err == nil && link == "" {
			return all, first, nil
		}
		if err == nil {
			q.Path, err = c.follow(q.Path, link)
		}
		if err == nil && seen[q.Path] {
			err = errors.New("the link to the next page leads to a page that was read before")
		}
		if err != nil {
			return nil, nil, fmt.Errorf("%s, %s: %w", c.vendor, q.What, err)
		}
	}
}

// follow is the path of a link on the same server; no other is asked (U5).
func (c *Client) follow(from, link string) (string, error) {
	base, err := url.Parse(c.address.String() + from)
	if err != nil {
		return "", err
	}
	to, err := base.Parse(link)
	if err != nil {
		return "", errors.New("the link to the next page is no address")
	}
	if to.User != nil || !strings.EqualFold(to.Scheme, c.address.Scheme) ||
		!strings.EqualFold(to.Hostname(), c.address.Hostname()) || portOf(to) != portOf(c.address) {
		return "", fmt.Errorf("the link to the next page leads to %s://%s, and not to the tenant's own %s; nobody else is asked", to.Scheme, to.Host, c.address)
	}
	return to.RequestURI(), nil
}

func portOf(address *url.URL) string {
	port := address.Port()
	switch {
	case port != "":
		return port
	case strings.EqualFold(address.Scheme, "https"):
		return "443"
	default:
		return "80"
	}
}

// objects reads a page: an array of objects.
func objects(what string, body []byte) ([]jsondoc.Node, error) {
	root, err := jsondoc.Parse(what, body)
	if err != nil {
		return nil, err
	}
	if root.Kind() != jsondoc.Array {
		return nil, fmt.Errorf("expected an array, found %s", root.Kind())
	}
	var elements []jsondoc.Node
	for i, element := range root.Elements() {
		if element.Kind() != jsondoc.Object {
			return nil, fmt.Errorf("expected an array of objects, found %s at %d", element.Kind(), i)
		}
		elements = append(elements, element)
	}
	return elements, nil
}

// Object asks for one object.
func (c *Client) Object(ctx context.Context, q Question) (jsondoc.Node, error) {
	var root jsondoc.Node
	_, err := c.Ask(ctx, q, func(body []byte) (err error) {
		if root, err = jsondoc.Parse(q.What, body); err == nil && root.Kind() != jsondoc.Object {
			err = fmt.Errorf("expected an object, found %s", root.Kind())
		}
		return err
	})
	return root, err
}

// Page asks for the first page of a list alone.
func (c *Client) Page(ctx context.Context, q Question) (elements []jsondoc.Node, err error) {
	_, err = c.Ask(ctx, q, func(body []byte) (err error) {
		elements, err = objects(q.What, body)
		return err
	})
	return elements, err
}
