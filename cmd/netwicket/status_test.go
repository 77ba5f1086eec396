package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestStatusOr(t *testing.T) {
	require.Equal(t, undecided, denied.or(undecided), "what could not be decided outranks denials")
	require.Equal(t, undecided, undecided.or(failed))
	require.Equal(t, denied, allGood.or(denied))
	require.Equal(t, allGood, allGood.or(allGood))
	require.NoError(t, allGood.result(), "a command that went well has no error")
	require.Equal(t, denied, denied.result())
}
