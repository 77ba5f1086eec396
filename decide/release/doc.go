// Package release follows a channel of signed policies: it fetches the newest one, takes
// nothing that is broken, forged, older or frozen, keeps what it took as it was
// received, and starts from that when nobody answers.
//
//	store, err := release.OpenStore("https://policies.example/prod.json", "prod", release.StoreOptions{})
//	...
//	f, err := release.Open(release.Options{
//		Store: store, Channel: "prod", Trust: trust, State: "/var/lib/gateway",
//		Prepare: prepare, Withdraw: withdraw,
//	})
//	...
//	f.Run(ctx)
//
// # A release
//
// A pointer is a small JSON document that says which blobs are the policy of a channel:
//
//	{"payload":"BASE64","signatures":[{"keyid":"0123456789abcdef","sig":"BASE64"}]}
//
// The payload is JSON as well, see [Payload]. Signed, with ed25519, is [Message] of it. A blob
// is a compiled snapshot or an overlay as text, and is called by its SHA-256. So a store needs
// to be trusted with nothing: it can withhold, and no more.
//
// What is unknown is refused: members of the pointer and of the payload that this program does
// not know, two equal keys, anything behind the document. A payload that has to say more gets
// another "v". An entry of "snapshots" whose format this program does not read is passed over
// whatever else it says, so that old and new programs share a channel.
//
// # A look
//
// Each look takes the pointer in full, then asks in this order, and ends at the first no: the
// signatures of as many distinct trusted keys as the threshold says, the channel, a version
// above the highest that was ever accepted and not below the least, not expired, a snapshot of a
// readable format, size and SHA-256, what Prepare says of the snapshot and the overlay. Then
// the state is written and on the disk, and only then the policy is swapped. Whatever fails
// leaves everything in force; [Result] names it.
//
// # The state
//
// The folder has the layout of a folder that is published to: CHANNEL.json is the pointer and
// sha256/HEX a blob, both to the byte as they were received, and CHANNEL.accepted the highest
// version that was ever accepted. Blobs are written first and that mark last, each whole or not
// at all, so that a program that is killed at any moment finds the old release or the new one
// when it starts. One program at a time keeps a state. What is there is verified like what
// comes from the network, but that an expired release only warns.
//
// Whoever has no state trusts the newest unexpired release it is shown: docs/releases.md.
//
// # The files
//
// key.go has the keys; payload.go what is signed; pointer.go what signs it; store.go a folder and
// https.go a server that releases are read from; state.go what is kept, and write.go how;
// follower.go the Follower, look.go one look, run.go one look after the other; result.go how a
// look can end.
package release
