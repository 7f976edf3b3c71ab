using System.Diagnostics;
using System.Security.Cryptography;

namespace Nacre.Attestation.Tokens;

/// <summary>
/// The one id of an attestation: <c>jti</c> of its token, and the name under which a refusal is recorded, logged and told to the guest.
/// Sorts by time; the rest is random. 16 bytes in hexadecimal, as the id of a trace (W3C Trace Context): while a request is traced it is that
/// of its trace.
/// </summary>
public static class ReferenceId
{
    private const int TimeDigits = 12;
    private const int RandomBytes = 10;

    /// <summary>Source of the spans whose traces have such an id.</summary>
    public const string TraceSource = "Nacre.KeyBroker";

    /// <summary>Of older records: eight random bytes.</summary>
    private const int FormerLength = 28;

    public static string Create(DateTimeOffset at) =>
        at.ToUnixTimeMilliseconds().ToString("x12", null) + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(RandomBytes));

    /// <summary>That of the trace of this request, when one is recorded; else a new one.</summary>
    public static string OfRequest(DateTimeOffset at) =>
        Activity.Current is { } span && span.Source.Name == TraceSource ? span.TraceId.ToHexString() : Create(at);

    public static bool IsValid(string text) => text.Length is TimeDigits + 2 * RandomBytes or FormerLength && text.All(char.IsAsciiHexDigitLower);
}
