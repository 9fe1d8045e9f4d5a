// Package django reads the users and groups that Django exported, so that the
// users of a Python manager keep their names, rights and passwords: [ReadDump]
// reads the export, [Dump.ImportInto] adds it to an auth.UserStore.
package django
