using Nacre.Formats;
using Nacre.Formats.Corim;

namespace Nacre.Verifiers.Cca;

/// <summary>
/// What a CoRIM of Arm's profiles says of platforms and realms (draft-ydb-rats-cca-endorsements): keys of platforms, and reference values.
/// Whether its author is believed was decided before.
/// </summary>
public sealed class CcaEndorsements
{
    public const string PlatformProfile = "tag:arm.com,2025:cca_platform#1.0.0";
    public const string RealmProfile = "tag:arm.com,2025:cca_realm#1.0.0";

    /// <summary>Of platforms before the profile had a tag URI.</summary>
    public const string LegacyPlatformProfile = "http://arm.com/cca/ssd/1";

    private CcaEndorsements(CcaPlatformEndorsements platform, IReadOnlyList<CcaRealmReference> realms) =>
        (TrustAnchors, Software, Configurations, Realms) = (new CcaTrustAnchors(platform.Keys), platform.Software, platform.Configurations, realms);

    public CcaTrustAnchors TrustAnchors { get; }

    public IReadOnlyList<CcaSoftwareReference> Software { get; }

    public IReadOnlyList<CcaConfigurationReference> Configurations { get; }

    public IReadOnlyList<CcaRealmReference> Realms { get; }

    /// <exception cref="MalformedDataException">The profile is another, or a statement breaks one of its rules.</exception>
    public static CcaEndorsements Create(CorimManifest manifest)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        var platform = new CcaPlatformEndorsements();
        var realms = new List<CcaRealmReference>();
        if (manifest.UnreadTags is [var tag, ..])
            throw Malformed("tags", $"hold something under tag {tag}, and only CoMIDs (506) have a meaning here");

        foreach (var comid in manifest.Comids)
        {
            if (comid.UnreadTriples is [var label, ..])
                throw Malformed("triples", $"have label {label}, which has no meaning here");

            switch (manifest.Profile)
            {
                case PlatformProfile or LegacyPlatformProfile:
                    platform.Add(comid);
                    break;
                case RealmProfile:
                    realms.AddRange(CcaRealmEndorsements.Read(comid));
                    break;
                default:
                    throw Malformed("profile", $"'{manifest.Profile}' is not one of {PlatformProfile}, {RealmProfile}");
            }
        }

        return new(platform, realms);
    }

    internal static MalformedDataException Malformed(string field, string rule) => new("cca.corim", field, 0, rule);

    internal static byte[] ClassId(CorimEnvironment environment, params ReadOnlySpan<int> sizes)
    {
        if (environment.Group is not null)
            throw Malformed("group", "has no meaning here");
        if (environment.Class is not { Id: { } id })
            throw Malformed("class", "is missing: nothing says what this is about");

        var bytes = id.BytesOf(CorimValue.BytesTag) ?? id.BytesOf(LegacyImplementationIdTag)
            ?? throw Malformed("class-id", $"must be bytes (tag {CorimValue.BytesTag}), has {Tag(id)}");
        return sizes.Contains(bytes.Length) ? bytes.ToArray() : throw Malformed("class-id", $"is {bytes.Length} bytes long, must be {Join(sizes)}");
    }

    internal static string Tag(CorimValue value) => value.Tag is { } tag ? $"tag {tag}" : "no tag";

    private const ulong LegacyImplementationIdTag = 600;

    private static string Join(ReadOnlySpan<int> sizes) => string.Join(" or ", sizes.ToArray());
}
