using System.Security.Cryptography;
using System.Text;

namespace Nacre.KeyBroker.Plugins.Provisioner;

/// <summary>UUID version 5 (RFC 9562, section 5.5): the same name gives the same UUID. No secrecy rests on it.</summary>
internal static class NameBasedUuid
{
    private const int Length = 16;

    public static Guid Create(Guid space, string name)
    {
#pragma warning disable CA5350 // RFC 9562 says SHA-1.
        var hash = SHA1.HashData([.. space.ToByteArray(bigEndian: true), .. Encoding.UTF8.GetBytes(name)]);
#pragma warning restore CA5350
        hash[6] = (byte)(hash[6] & 0x0f | 0x50);
        hash[8] = (byte)(hash[8] & 0x3f | 0x80);
        return new Guid(hash.AsSpan(0, Length), bigEndian: true);
    }
}
