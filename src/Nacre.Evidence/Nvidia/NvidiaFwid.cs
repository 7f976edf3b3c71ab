using System.Formats.Asn1;
using Nacre.Formats;
using Nacre.Formats.X509;

namespace Nacre.Evidence.Nvidia;

/// <summary>
/// The digest of the firmware that a device's boot ROM certified together with the key of that firmware (TCG DICE attestation architecture,
/// sections 6.1.1 and 6.1.2). Only that firmware holds the key, so a report that names another digest was not made by it.
/// </summary>
public static class NvidiaFwid
{
    private const string CompositeDeviceIdOid = "2.23.133.5.4.1";
    private const string TcbInfoOid = "2.23.133.5.4.1.1";
    private const string Sha384Oid = "2.16.840.1.101.3.4.2.2";
    private const int FwidsTag = 6;

    /// <summary>48 bytes; null when the certificate has no such extension.</summary>
    /// <exception cref="MalformedDataException">The extension is not what the architecture says.</exception>
    public static byte[]? Find(Certificate leaf)
    {
        ArgumentNullException.ThrowIfNull(leaf);
        if (leaf.Extensions.Find(TcbInfoOid) is { } tcbInfo)
            return DerStructure.Read("nvidia.tcb_info", tcbInfo, static (der, _) => ReadTcbInfo(der));

        return leaf.Extensions.Find(CompositeDeviceIdOid) is { } device
            ? DerStructure.Read("nvidia.composite_device_id", device, static (der, _) => ReadDeviceId(der)) : null;
    }

    // CompositeDeviceID ::= SEQUENCE { version, deviceID SubjectPublicKeyInfo, fwid FWID }: Hopper and LS10.
    private static byte[] ReadDeviceId(AsnReader der)
    {
        var device = der.ReadSequence();
        der.ThrowIfNotEmpty();
        device.ReadInteger();
        device.ReadSequence();
        var fwid = ReadFwid(device);
        device.ThrowIfNotEmpty();
        return fwid;
    }

    // DiceTcbInfo ::= SEQUENCE { …, fwids [6] IMPLICIT SEQUENCE OF FWID OPTIONAL, … }: Blackwell. The first is that of the signing
    // firmware.
    private static byte[] ReadTcbInfo(AsnReader der)
    {
        var info = der.ReadSequence();
        der.ThrowIfNotEmpty();
        while (info.HasData)
        {
            var tag = info.PeekTag();
            if (tag.HasSameClassAndValue(new Asn1Tag(TagClass.ContextSpecific, FwidsTag)))
                return ReadFwid(info.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, FwidsTag)));
            info.ReadEncodedValue();
        }

        throw new MalformedDataException("nvidia.tcb_info", "fwids", 0, "is missing");
    }

    private static byte[] ReadFwid(AsnReader list)
    {
        var fwid = list.ReadSequence();
        var hash = fwid.ReadObjectIdentifier();
        var digest = fwid.ReadOctetString();
        fwid.ThrowIfNotEmpty();
        return hash == Sha384Oid && digest.Length == NvidiaReport.FwidSize
            ? digest : throw new MalformedDataException("nvidia.fwid", "digest", 0, "must be a SHA-384");
    }
}
