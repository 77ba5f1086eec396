package carry

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/netwicket/netwicket/decide/release"
)

// most is how many blobs a release may ask for: whoever can write to a store must not fill
// the disks of those who read it.
const most = 17

// Names are the blobs that a pointer asks for, snapshots first. It reads no more of the
// pointer than that, so that it also carries formats that are newer than this program.
func Names(pointer []byte) ([]release.Blob, error) {
	if len(pointer) > release.PointerLimit {
		return nil, fmt.Errorf("a pointer of %d bytes; %d are the most", len(pointer), release.PointerLimit)
	}
	var sealed struct {
		Payload string `json:"payload"`
	}
	var payload struct {
		Snapshots []release.Blob `json:"snapshots"`
		Overlay   *release.Blob  `json:"overlay"`
	}
	err := json.Unmarshal(pointer, &sealed)
	if err != nil {
		return nil, fmt.Errorf("not the pointer of a release: %w", err)
	}
	text, err := base64.StdEncoding.DecodeString(sealed.Payload)
	if err == nil {
		err = json.Unmarshal(text, &payload)
	}
	if err != nil {
		return nil, fmt.Errorf("not the payload of a release: %w", err)
	}
	blobs := payload.Snapshots
	if payload.Overlay != nil {
		blobs = append(blobs, *payload.Overlay)
	}
	if len(blobs) == 0 {
		return nil, errors.New("not the payload of a release: it names no snapshot")
	}
	if len(blobs) > most {
		return nil, fmt.Errorf("a release with %d blobs; %d are the most", len(blobs), most)
	}
	for _, blob := range blobs {
		if err := check(blob); err != nil {
			return nil, err
		}
	}
	return blobs, nil
}

// check holds what a store says to what may become the name of a file.
func check(blob release.Blob) error {
	sum, err := hex.DecodeString(blob.SHA256)
	switch {
	case err != nil || len(sum) != 32 || hex.EncodeToString(sum) != blob.SHA256:
		return fmt.Errorf("a blob named %.80q; expected 64 hexadecimal digits", blob.SHA256)
	case blob.Size < 0 || blob.Size > release.SnapshotLimit:
		return fmt.Errorf("a blob of %d bytes; %d are the most", blob.Size, release.SnapshotLimit)
	}
	return nil
}
