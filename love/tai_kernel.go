package love

import (
	"sync"
	"time"
)

// announced is a leap second that the kernel of the machine knows and the
// table does not, because it was decided after this program was built.
type announced struct {
	since time.Time // when the kernel was asked
	extra time.Duration
}

// fromKernel asks the kernel once. Its answer counts only within 1.1 s of the
// table: in containers, and where nobody set it, the kernel's TAI equals UTC
// (spec sal-kafka, section 17).
var fromKernel = sync.OnceValue(func() announced {
	utc, offset, ok := kernelTAI()
	extra := offset - tableLeapSeconds(utc)
	if !ok || extra.Abs() > 1100*time.Millisecond {
		return announced{since: utc}
	}
	return announced{since: utc, extra: extra}
})
