using System.Security.Cryptography;

namespace Nacre.Attestation.Tokens;

/// <summary>
/// The one id of an attestation: <c>jti</c> of its token, and the name under which a refusal is recorded, logged and told to the guest.
/// Sorts by time; the rest is random.
/// </summary>
public static class ReferenceId
{
    private const int TimeDigits = 12;
    private const int RandomBytes = 8;

    public static string Create(DateTimeOffset at) =>
        at.ToUnixTimeMilliseconds().ToString("x12", null) + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(RandomBytes));

    public static bool IsValid(string text) => text.Length == TimeDigits + 2 * RandomBytes && text.All(char.IsAsciiHexDigitLower);
}
