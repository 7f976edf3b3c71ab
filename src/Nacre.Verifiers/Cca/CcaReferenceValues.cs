using Nacre.Formats.Corim;

namespace Nacre.Verifiers.Cca;

/// <summary>A software component that a platform may run.</summary>
/// <param name="ImplementationId">Of the platforms it is for, 32 bytes.</param>
/// <param name="Type">Its name, such as <c>BL</c>; null when it has none.</param>
/// <param name="Version">Null when any is meant.</param>
/// <param name="Digests">The measurements that are right, at least one.</param>
/// <param name="SignerId">Hash of the key that signed it; null when any is meant.</param>
public sealed record CcaSoftwareReference(
    byte[] ImplementationId, string? Type, string? Version, IReadOnlyList<CorimDigest> Digests, byte[]? SignerId);

/// <summary>The configuration that a platform may have.</summary>
/// <param name="ImplementationId">Of the platforms it is for, 32 bytes.</param>
/// <param name="Value">The claim cca-platform-config.</param>
/// <param name="Mask">Which bits of it count; null when all do.</param>
public sealed record CcaConfigurationReference(byte[] ImplementationId, byte[] Value, byte[]? Mask);

/// <summary>What a realm may be.</summary>
/// <param name="Name">How the endorser calls it: 32 to 64 bytes.</param>
/// <param name="InitialMeasurement">RIM, at least one digest.</param>
/// <param name="ExtensibleMeasurements">REM by number, 0 to 3; those that are not there are not constrained.</param>
/// <param name="PersonalizationValue">64 bytes; null when any is meant.</param>
public sealed record CcaRealmReference(
    byte[] Name, IReadOnlyList<CorimDigest> InitialMeasurement, IReadOnlyDictionary<int, IReadOnlyList<CorimDigest>> ExtensibleMeasurements,
    byte[]? PersonalizationValue);
