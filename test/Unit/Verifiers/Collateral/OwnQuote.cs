using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Nacre.UnitTests.Verifiers.Collateral;

/// <summary>
/// A quote of the platform of <see cref="OwnIntel"/>: version 3 of an enclave, 4 or 5 of a TD. Change the fields, then sign.
/// </summary>
internal sealed class OwnQuote
{
    private const int SignatureSize = 64;

    private readonly int _version;

    public OwnQuote(int version)
    {
        _version = version;
        Body = new byte[version switch { 3 => 384, 4 => 584, _ => 648 }];
        if (version == 3)
        {
            Body[48] = 0x05;
            return;
        }

        // TEE_TCB_SVN: module 1.7, and as many components as the newest level; SEPT_VE_DISABLE.
        Body.AsSpan(0, 16).Fill(7);
        Body[1] = 1;
        Body[120 + 3] = 0x10;
        if (version == 5)
            Body.AsSpan(0, 16).CopyTo(Body.AsSpan(584));
    }

    public byte[] Body { get; }

    /// <summary>Report of the quoting enclave.</summary>
    public byte[] Qe { get; } = QeReport();

    /// <summary>What stands in the place of a signature; null for the real one.</summary>
    public byte[]? Signature { get; init; }

    /// <summary>As above, of the QE report.</summary>
    public byte[]? QeSignature { get; init; }

    public byte[] Sign(OwnIntel intel, byte[]? chain = null)
    {
        using var attestationKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var point = attestationKey.ExportParameters(false).Q;
        byte[] key = [.. point.X!, .. point.Y!];
        var authData = new byte[32];
        SHA256.HashData([.. key, .. authData]).CopyTo(Qe, 320);

        byte[] signed = [.. Header(), .. Body];
        var signature = Signature ?? attestationKey.SignData(signed, HashAlgorithmName.SHA256);
        var qeSignature = QeSignature ?? intel.PckKey.SignData(Qe, HashAlgorithmName.SHA256);
        var certificates = chain ?? intel.PckChain;
        byte[] certification = [.. Qe, .. qeSignature, .. UInt16(authData.Length), .. authData, .. UInt16(5),
            .. UInt32(certificates.Length), .. certificates];
        byte[] outer = _version == 3 ? certification : [.. UInt16(6), .. UInt32(certification.Length), .. certification];
        byte[] auth = [.. signature, .. key, .. outer];
        Assert.Equal(SignatureSize, signature.Length);
        return [.. signed, .. UInt32(auth.Length), .. auth];
    }

    private byte[] Header()
    {
        var header = new byte[48];
        BinaryPrimitives.WriteUInt16LittleEndian(header, (ushort)_version);
        header[2] = 2;
        header[4] = (byte)(_version == 3 ? 0 : 0x81);
        Convert.FromHexString("939a7233f79c4ca9940a0db3957f0607").CopyTo(header, 12);
        return _version == 5 ? [.. header, .. UInt16(3), .. UInt32(Body.Length)] : header;
    }

    private static byte[] QeReport()
    {
        var report = new byte[384];
        report[48] = 0x11;
        report.AsSpan(128, 32).Fill(0xaa);
        report[256] = 1;
        report[258] = 8;
        return report;
    }

    private static byte[] UInt16(int value) => [(byte)value, (byte)(value >> 8)];

    private static byte[] UInt32(int value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        return bytes;
    }
}
