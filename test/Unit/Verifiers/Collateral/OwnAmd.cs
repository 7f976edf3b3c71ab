using System.Buffers.Binary;
using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Nacre.Evidence.Snp;
using Nacre.Formats.X509;
using Nacre.Verifiers.Collateral;
using Nacre.Verifiers.Snp;

namespace Nacre.UnitTests.Verifiers.Collateral;

/// <summary>
/// AMD's authorities and one Milan processor, with own keys: certificates, revocation lists and reports that differ from the genuine in the
/// root alone.
/// </summary>
internal sealed class OwnAmd : IDisposable
{
    public static readonly DateTimeOffset Now = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);
    public static readonly SnpTcb Tcb = new(null, 4, 0, 24, 219);

    private readonly (DateTimeOffset, DateTimeOffset) _years;
    private readonly OwnAuthority _root;
    private readonly OwnAuthority _issuer;
    private readonly OwnAuthority _vlekIssuer;
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP384);
    private readonly AmdRoots _roots;

    /// <param name="now">Three years before and after it the certificates are good.</param>
    /// <param name="bits">Of the authorities' keys; AMD's have 4096, which take seconds to make.</param>
    public OwnAmd(DateTimeOffset? now = null, int bits = 2048)
    {
        var at = now ?? Now;
        _years = (at.AddYears(-3), at.AddYears(3));
        _root = OwnAuthority.OfRsa("ARK-Milan", null, _years, bits);
        _issuer = OwnAuthority.OfRsa("SEV-Milan", _root, _years, bits);
        _vlekIssuer = OwnAuthority.OfRsa("SEV-VLEK-Milan", _root, _years, bits);
        _roots = new(
            Certificate.Parse(_root.Certificate), Certificate.Parse(_issuer.Certificate), Certificate.Parse(_vlekIssuer.Certificate),
            VerificationKey.Digest(_root.PublicKeyInfo));
        Vcek = IssueVcek(Tcb);
    }

    public byte[] Vcek { get; }
    public OwnAuthority Root => _root;
    public OwnAuthority Issuer => _issuer;
    public OwnAuthority VlekIssuer => _vlekIssuer;
    public Func<SnpProduct, AmdRoots> Roots => _ => _roots;
    public static byte[] ChipId => [.. Enumerable.Range(1, 64).Select(i => (byte)i)];
    public static VcekName Name => new(SnpProduct.Milan, Convert.ToHexStringLower(ChipId), Tcb);

    // AMD gives all of them the serial number 0, so a list of AMD's could only name authorities; these have numbers of their own.
    public byte[] IssueVcek(SnpTcb tcb) => _issuer.Issue("SEV-VCEK", _key, _years,
    [
        Number("1", 0),
        Extension("2", der => der.WriteCharacterString(UniversalTagNumber.IA5String, "Milan-B0")),
        Number("3.1", tcb.Bootloader),
        Number("3.2", tcb.Tee),
        Number("3.3", tcb.Snp),
        Number("3.8", tcb.Microcode),
        new X509Extension("1.3.6.1.4.1.3704.1.4", ChipId, false),
    ]);

    /// <summary>A report of version 3 of this processor.</summary>
    public byte[] Report(ReadOnlySpan<byte> reportData = default)
    {
        var report = new byte[SnpReport.Size];
        reportData.CopyTo(report.AsSpan(0x50, 64));
        BinaryPrimitives.WriteUInt32LittleEndian(report, 3);
        BinaryPrimitives.WriteUInt64LittleEndian(report.AsSpan(0x08), 0x3001f);
        report[0x34] = 1;
        foreach (var offset in (int[])[0x38, 0x180, 0x1e0, 0x1f0])
            Tcb.Write(report.AsSpan(offset), SnpProduct.Milan);
        (report[0x188], report[0x189], report[0x18a]) = (0x19, 0x01, 0x01);
        ChipId.CopyTo(report, 0x1a0);
        var signature = _key.SignData(report.AsSpan(0, SnpReport.SignedSize), HashAlgorithmName.SHA384);
        signature.AsSpan(0, 48).Reverse();
        signature.AsSpan(48).Reverse();
        signature.AsSpan(0, 48).CopyTo(report.AsSpan(SnpReport.SignedSize));
        signature.AsSpan(48).CopyTo(report.AsSpan(SnpReport.SignedSize + 72));
        return report;
    }

    public void Dispose()
    {
        _root.Dispose();
        _issuer.Dispose();
        _vlekIssuer.Dispose();
        _key.Dispose();
    }

    private static X509Extension Number(string arc, int value) => Extension(arc, der => der.WriteInteger(value));

    private static X509Extension Extension(string arc, Action<AsnWriter> write)
    {
        var der = new AsnWriter(AsnEncodingRules.DER);
        write(der);
        return new("1.3.6.1.4.1.3704.1." + arc, der.Encode(), false);
    }
}
