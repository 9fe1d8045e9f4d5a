package kafka

import (
	"errors"
	"slices"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// notAppended are the answers to a request to write that mean that the broker has not
// written. After any other error a record may have been written.
var notAppended = []*kerr.Error{
	kerr.CorruptMessage, kerr.UnknownTopicOrPartition, kerr.LeaderNotAvailable, kerr.NotLeaderForPartition,
	kerr.BrokerNotAvailable, kerr.ReplicaNotAvailable, kerr.MessageTooLarge, kerr.InvalidTopicException,
	kerr.RecordListTooLarge, kerr.NotEnoughReplicas, kerr.InvalidRequiredAcks, kerr.TopicAuthorizationFailed,
	kerr.ClusterAuthorizationFailed, kerr.InvalidTimestamp, kerr.UnsupportedVersion, kerr.InvalidRequest,
	kerr.UnsupportedForMessageFormat, kerr.PolicyViolation, kerr.OutOfOrderSequenceNumber, kerr.InvalidProducerEpoch,
	kerr.InvalidTxnState, kerr.InvalidProducerIDMapping, kerr.TransactionalIDAuthorizationFailed,
	kerr.UnknownProducerID, kerr.FencedLeaderEpoch, kerr.UnknownLeaderEpoch, kerr.UnsupportedCompressionType,
	kerr.InvalidRecord, kerr.UnknownTopicID, kerr.InconsistentTopicID,
}

// stale are the answers of a broker that does not have the topic, or has another one of
// its name.
var stale = []*kerr.Error{kerr.UnknownTopicOrPartition, kerr.UnknownTopicID, kerr.InconsistentTopicID}

// forgotten are the answers of a broker that does not know the writer's numbers any
// more; they begin again.
var forgotten = []*kerr.Error{kerr.OutOfOrderSequenceNumber, kerr.UnknownProducerID, kerr.InvalidProducerEpoch, kerr.InvalidProducerIDMapping}

// isOneOf reports whether an error is an answer of a broker that is one of kinds.
func isOneOf(err error, kinds []*kerr.Error) bool {
	var refused *kerr.Error
	return errors.As(err, &refused) && slices.Contains(kinds, refused)
}

// isTooLarge reports whether a sample was refused for its size.
func isTooLarge(err error) bool {
	return errors.Is(err, kerr.MessageTooLarge) || errors.Is(err, kerr.RecordListTooLarge)
}

// isFinal reports whether it is useless to repeat a request that failed with err.
func isFinal(err error) bool {
	if errors.Is(err, ErrClosed) || errors.Is(err, kgo.ErrClientClosed) || errors.Is(err, errRecreated) || errors.Is(err, errForgotten) {
		return true
	}
	if errors.Is(err, kerr.CorruptMessage) {
		return true // on its way, or without a key that the topic requires: the brokers report both in the same way
	}
	var refused *kerr.Error
	return errors.As(err, &refused) && !refused.Retriable && !isOneOf(err, forgotten)
}
