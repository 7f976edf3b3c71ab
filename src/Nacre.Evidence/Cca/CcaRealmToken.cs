using Nacre.Formats;
using Nacre.Formats.Cose;

namespace Nacre.Evidence.Cca;

/// <summary>The realm's half of a CCA token.</summary>
public sealed record CcaRealmToken(CoseSign1 Message, CcaRealmClaims Claims)
{
    /// <exception cref="MalformedDataException">It is no such token.</exception>
    public static CcaRealmToken Parse(ReadOnlyMemory<byte> bytes, int baseOffset = 0)
    {
        var message = CoseSign1.Parse("cca.realm", bytes, CcaPlatformClaims.MaxSize, baseOffset);
        return new(message, CcaRealmClaims.Parse(message.Payload, message.PayloadOffset));
    }
}
