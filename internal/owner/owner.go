// Package owner names the owner of this process, as SAL programs sign what they
// write.
package owner

import (
	"os"
	"os/user"
	"strconv"
	"strings"
)

// AtHost returns the owner of this process at this machine: "ana@summit". The name
// is that of the environment, such as [os.LookupEnv], or else the system's, as
// Python's getpass.getuser() has it.
func AtHost(env func(string) (string, bool)) string {
	host, err := os.Hostname()
	if err != nil {
		host = "localhost"
	}
	return strings.ToValidUTF8(name(env)+"@"+host, "\ufffd")
}

func name(env func(string) (string, bool)) string {
	for _, variable := range []string{"LOGNAME", "USER", "LNAME", "USERNAME"} {
		if name, _ := env(variable); name != "" {
			return name
		}
	}
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username[strings.LastIndexByte(u.Username, '\\')+1:] // without the domain of Windows
	}
	return "uid-" + strconv.Itoa(os.Getuid()) // a container's user may have no name
}
