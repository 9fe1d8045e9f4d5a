// Package archive records what a hub carries into MCAP files, and answers from them: a
// history that needs nothing but a folder.
//
// The files are those of https://mcap.dev, which Foxglove and the mcap packages of Python
// and other languages read: a channel for each stream, named like its group; the value
// of the stream as JSON, byte for byte as it was published; a JSON schema with types and
// units. The log time of a message is when the archive's subscription got it, the
// publish time when its producer sent it, if the manager's stamps tell that. The sequence
// number is the lower half of the hub's.
//
// There is a file for each day of observation, from noon to noon UTC, or several if it
// becomes large or the archive is opened again: love-2026-03-14-001.mcap. What came last
// is in a second file, love-2026-03-14-001.live.mcap, whose chunks are closed after a
// second or a megabyte. Some minutes or megabytes of it are moved into the file
// together, sorted by stream, so that a query about one stream reads little. Both can be
// read by any program at any moment. After a kill the next [Open] joins them: at most
// the chunk that was not closed is lost.
package archive
