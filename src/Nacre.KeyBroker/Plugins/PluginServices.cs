using Nacre.KeyBroker.Metrics;
using Nacre.KeyBroker.Releases;
using Nacre.Storage;

namespace Nacre.KeyBroker.Plugins;

/// <summary>What a plugin works with.</summary>
/// <param name="Gate">Decides what guests get, and encrypts it.</param>
/// <param name="Store">Encrypted; a plugin keeps to spaces that begin with its name.</param>
/// <param name="Clock">The time.</param>
/// <param name="Metrics">What is measured.</param>
public sealed record PluginServices(ReleaseGate Gate, IKeyValueStore Store, TimeProvider Clock, BrokerMetrics Metrics);
