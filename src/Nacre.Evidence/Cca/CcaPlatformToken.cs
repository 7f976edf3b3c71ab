using Nacre.Formats;
using Nacre.Formats.Cose;

namespace Nacre.Evidence.Cca;

/// <summary>The platform's half of a CCA token.</summary>
public sealed record CcaPlatformToken(CoseSign1 Message, CcaPlatformClaims Claims)
{
    /// <exception cref="MalformedDataException">It is no such token.</exception>
    public static CcaPlatformToken Parse(ReadOnlyMemory<byte> bytes, int baseOffset = 0)
    {
        var message = CoseSign1.Parse("cca.platform", bytes, CcaPlatformClaims.MaxSize, baseOffset);
        return new(message, CcaPlatformClaims.Parse(message.Payload, message.PayloadOffset));
    }
}
