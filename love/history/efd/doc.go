// Package efd is a history over the observatory's Engineering and Facilities Database: an
// InfluxDB 1.x, asked by HTTP, in which each SAL topic is a measurement
// "lsst.sal.<CSC>.<topic>" of the retention policy "autogen".
//
// An event "logMessage" is the topic "logevent_logMessage" there, a command "start" is
// "command_start", and telemetry has its own name. The elements of a list are fields
// "name0", "name1", …, and the instance is the field "salIndex".
//
// Names that a caller gives go into a query only if the database lists them.
package efd
