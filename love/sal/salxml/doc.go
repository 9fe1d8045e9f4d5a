// Package salxml reads the observatory's interface definitions: SAL XML, and the
// .avsc files of the cameras.
//
// [ReadDir] reads a folder on disk, [ReadFS] any other file system, such as an
// archive. What they return is used like definitions that a program makes with
// [sal.Define]:
//
//	defs, err := salxml.ReadDir(os.Getenv("TS_XML_DIR"))
//	…
//	domain := sal.NewDomain(bus, defs)
//
// Files are read when a component is asked for first. An [*Error] says in which file
// and line and at which element something is wrong; other components still load.
package salxml
