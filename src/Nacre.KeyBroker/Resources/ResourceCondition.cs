using System.Globalization;
using Nacre.KeyBroker.Http;

namespace Nacre.KeyBroker.Resources;

/// <summary>What must be true of a secret for it to be changed (RFC 9110, section 13.1).</summary>
/// <param name="Version">It has this one; null for any.</param>
/// <param name="Exists">It is there, or is not; null for either.</param>
public sealed record ResourceCondition(int? Version, bool? Exists)
{
    public static ResourceCondition None { get; } = new(null, null);

    /// <param name="version">In force; null when there is no such secret.</param>
    public bool Holds(int? version) => (Exists is null || Exists == version is not null) && (Version is null || Version == version);

    /// <summary><c>If-Match: "VERSION"</c> or <c>*</c>, <c>If-None-Match: *</c>.</summary>
    /// <exception cref="KbsProblemException">400 for any other form: a condition that is not understood must not be ignored.</exception>
    public static ResourceCondition Read(KbsCall call)
    {
        var (match, noneMatch) = (call.Header("If-Match"), call.Header("If-None-Match"));
        if (match is not null && noneMatch is not null)
            throw KbsProblemException.Malformed("If-Match and If-None-Match exclude each other");
        if (noneMatch is not null)
            return noneMatch == "*" ? new(null, false) : throw KbsProblemException.Malformed("If-None-Match must be *");

        return match switch
        {
            null => None,
            "*" => new(null, true),
            ['"', .. var number, '"'] when int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var version) =>
                new(version, true),
            _ => throw KbsProblemException.Malformed("If-Match must be * or one version in quotes, such as \"3\""),
        };
    }

    /// <summary>As <c>ETag</c> has it.</summary>
    public static string Tag(int version) => $"\"{version.ToString(CultureInfo.InvariantCulture)}\"";
}
