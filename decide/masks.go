package decide

// mask is the zones of one word of a set.
type mask struct {
	word int
	bits uint64
}

func addToMask(masks []mask, bit int) []mask {
	word, value := bit/64, uint64(1)<<(bit%64)
	for i := range masks {
		if masks[i].word == word {
			masks[i].bits |= value
			return masks
		}
	}
	return append(masks, mask{word, value})
}
