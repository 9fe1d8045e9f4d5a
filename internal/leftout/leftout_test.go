package leftout_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/leftout"
)

func TestAFieldThatIsLeftOutIsZeroFalseOrEmpty(t *testing.T) {
	require.Equal(t, "azimuth=0 deg", leftout.WithUnits("azimuth", "double", "deg", 1))
	require.Equal(t, "n=0", leftout.WithUnits("n", "long", "unitless", 1))
	require.Equal(t, "n=0", leftout.WithUnits("n", "unsigned int", "", 0))
	require.Equal(t, "open=false", leftout.Value("open", "boolean", 1))
	require.Equal(t, "path=''", leftout.Value("path", "string", 1))
	require.Equal(t, "angles=[0, …] (3 elements) deg", leftout.WithUnits("angles", "float", "deg", 3))
}
