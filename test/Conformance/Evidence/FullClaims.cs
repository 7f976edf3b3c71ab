using System.Text;
using Nacre.Evidence;
using Nacre.Evidence.Cca;
using Nacre.Evidence.Csv;
using Nacre.Evidence.EventLogs;
using Nacre.Evidence.HygonDcu;
using Nacre.Evidence.Nvidia;
using Nacre.Evidence.Sgx;
using Nacre.Evidence.Snp;
using Nacre.Evidence.Tdx;
using Nacre.UnitTests.Verifiers.Csv;
using Nacre.Verifiers;
using Nacre.Verifiers.Azure;
using Nacre.Verifiers.Cca;
using Nacre.Verifiers.Collateral.Intel;
using Nacre.Verifiers.Csv;
using Nacre.Verifiers.Dcap;
using Nacre.Verifiers.EventLogs;
using Nacre.Verifiers.HygonDcu;
using Nacre.Verifiers.Nitro;
using Nacre.Verifiers.Nvidia;
using Nacre.Verifiers.Sample;
using Nacre.Verifiers.Se;
using Nacre.Verifiers.Sgx;
using Nacre.Verifiers.Snp;
using Nacre.Verifiers.Tdx;
using Nacre.Verifiers.Tpm;

namespace Nacre.ConformanceTests.Evidence;

/// <summary>Claims of each TEE with everything in them that may be there, whether or not a public vector shows it.</summary>
internal static class FullClaims
{
    private static readonly DateTimeOffset s_date = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly IReadOnlyList<byte[]> s_pcrs = [.. Enumerable.Range(0, 24).Select(number => Bytes(32, number))];

    private static readonly SnpTcb s_tcb = new(1, 2, 3, 4, 5);

    /// <summary>One, or where a TEE has several kinds of devices one of each.</summary>
    public static IReadOnlyList<IEvidenceClaims> Of(string tee) => tee switch
    {
        TeeNames.Snp => [Snp()],
        TeeNames.Tdx => [Tdx()],
        TeeNames.Sgx => [Sgx()],
        TeeNames.AzSnpVtpm => [new AzSnpVtpmClaims { Snp = Snp(), Vtpm = Vtpm() }],
        TeeNames.AzTdxVtpm => [new AzTdxVtpmClaims { Tdx = Tdx(), Vtpm = Vtpm() }],
        TeeNames.Tpm => [Tpm()],
        TeeNames.Cca => [Cca()],
        TeeNames.Csv => [Csv()],
        TeeNames.Se => [Se()],
        TeeNames.Nitro => [Nitro()],
        TeeNames.Nvidia => [Nvidia(NvidiaArchitecture.Hopper), Nvidia(NvidiaArchitecture.Ls10), new NvidiaFabricClaims(8, 4)],
        TeeNames.HygonDcu => [HygonDcu()],
        TeeNames.Sample => [new SampleClaims { Svn = "1", ReportData = "AAAA", InitData = Bytes(32) }],
        TeeNames.SampleDevice => [new SampleDeviceClaims("2", "AAAA")],
        _ => throw new ArgumentException($"nothing is known of the claims of {tee}", nameof(tee)),
    };

    private static SnpClaims Snp() => new()
    {
        Policy = new(ulong.MaxValue),
        Platform = new(0),
        ReportedTcb = s_tcb,
        Measurement = Bytes(48),
        ReportData = Bytes(64),
        InitData = Bytes(32),
        ChipId = Bytes(64),
        Product = SnpProduct.Turin,
        ReportVersion = 5,
        GuestSvn = 7,
        Vmpl = uint.MaxValue,
        SigningKey = SnpSigningKey.Vlek,
        FamilyId = Bytes(16),
        ImageId = Bytes(16),
        IdKeyDigest = Bytes(48),
        AuthorKeyDigest = Bytes(48),
        AuthorKeyEnabled = true,
        ReportId = Bytes(32),
        CurrentTcb = s_tcb,
        CommittedTcb = s_tcb,
        LaunchTcb = s_tcb,
        CurrentFirmware = new(1, 55, 3),
        CommittedFirmware = new(1, 54, 2),
        CspId = "a provider",
        CollateralExpired = true,
        LaunchMitigations = 1,
        CurrentMitigations = ulong.MaxValue,
    };

    private static DcapClaims Dcap() => new()
    {
        TcbStatus = TcbStatus.TDRelaunchAdvised,
        TcbDate = s_date,
        AdvisoryIds = ["INTEL-SA-00001"],
        TcbEvaluationNumber = 18,
        CollateralExpired = false,
        EarliestIssueDate = s_date,
        LatestIssueDate = s_date,
        EarliestExpirationDate = s_date,
        PckCrlNumber = 1,
        RootCaCrlNumber = 2,
        PlatformProviderId = Bytes(16),
        RootKeyId = Bytes(48),
        SgxType = SgxType.ScalableWithIntegrity,
        IsDynamicPlatform = true,
        IsCachedKeys = false,
        IsSmtEnabled = true,
        PlatformInstanceId = Bytes(16),
        TcbStatusCurrent = TcbStatus.UpToDate,
        TcbDateCurrent = s_date,
        AdvisoryIdsCurrent = ["INTEL-SA-00002"],
    };

    private static TdxClaims Tdx() => new()
    {
        Header = new() { Version = 5, AttestationKeyType = 2, TeeType = 0x81, Reserved = 0, VendorId = Bytes(16), UserData = Bytes(20) },
        Report = TdReport.Parse(Bytes(TdReport.Size15)),
        Body = (3, TdReport.Size15),
        Platform = Dcap(),
        UefiEventLogs = Events(),
    };

    private static SgxClaims Sgx() => new()
    {
        Header = new()
        {
            Version = 3,
            AttestationKeyType = 2,
            AttestationKeyData0 = 0,
            QeSvn = 9,
            PceSvn = 13,
            VendorId = Bytes(16),
            UserData = Bytes(20),
        },
        Body = SgxReportBody.Parse(Bytes(SgxReportBody.Size)),
        Platform = Dcap(),
    };

    // The second is an agent's word that JSON has as null.
    private static UefiEventClaims[] Events() =>
    [
        Event(new()
        {
            Text = "text",
            Variable = new("SecureBoot", Bytes(1), "61dfe48b-ca93-d211-aa0d-00e098032b8c"),
            DevicePaths = [@"\EFI\BOOT\BOOTX64.EFI"],
        }),
        Event(new() { Text = "domain operation null", Agent = new("domain", "operation", "null") }),
    ];

    private static UefiEventClaims Event(UefiEventDetails details) => new()
    {
        Details = details,
        DigestMatchesEvent = true,
        Digests = [("sha384", Bytes(48))],
        Event = Bytes(4),
        Index = 1,
        Type = 1,
    };

    private static VtpmClaims Vtpm() => new() { Pcrs = s_pcrs, ReportData = Bytes(50), InitData = s_pcrs[8] };

    private static TpmClaims Tpm() => new()
    {
        AkPublic = Bytes(100),
        AkTrust = TpmKeyEndorsement.CredentialActivation,
        ReportData = Bytes(32),
        InitData = s_pcrs[8],
        ClockSafe = true,
        ResetCount = 1,
        RestartCount = 0,
        FirmwareVersion = 0x2019102300163636,
        EkCertificateSha256 = Bytes(32),
        Pcrs = s_pcrs,
    };

    private static CcaClaims Cca() => new()
    {
        Realm = new()
        {
            Challenge = Bytes(64),
            PersonalizationValue = Bytes(64),
            HashAlgorithm = "sha-256",
            PublicKey = [],
            PublicKeyHashAlgorithm = "sha-256",
            InitialMeasurement = Bytes(32),
            ExtensibleMeasurements = [Bytes(32), Bytes(32), Bytes(32), Bytes(32)],
        },
        Platform = new()
        {
            Profile = CcaPlatformClaims.LegacyProfile,
            Challenge = Bytes(32),
            ImplementationId = Bytes(32),
            InstanceId = Bytes(33),
            Configuration = Bytes(4),
            RawLifecycle = 0x3000,
            HashAlgorithm = "sha-512",
            Software = [new("BL", Bytes(32), Bytes(32), "1.0", null)],
        },
    };

    private static CsvClaims Csv() => new()
    {
        Report = CsvReport.Parse(new HygonMachine().Report([1]), isExtended: true) with { Anonce = Bytes(4) },
        UefiEventLogs = Events(),
    };

    private static SeClaims Se() => new()
    {
        Cuid = Bytes(16),
        Version = 0x100,
        Tag = Bytes(16),
        PageListDigest = Bytes(64),
        AddressListDigest = Bytes(64),
        TweakListDigest = Bytes(64),
        ReportData = Bytes(64),
        ImagePhkh = Bytes(32),
        AttestationPhkh = Bytes(32),
        SecretStoreHash = Bytes(64),
        FirmwareState = Bytes(320),
    };

    private static NitroClaims Nitro() => new()
    {
        ModuleId = "i-0123-enc4567",
        Digest = "SHA384",
        Timestamp = s_date,
        Debug = false,
        Pcrs = new Dictionary<int, byte[]> { [0] = Bytes(48) },
        PublicKey = Bytes(64),
        UserData = Bytes(8),
        Nonce = Bytes(8),
        ReportData = Bytes(8),
    };

    private static HygonDcuClaims HygonDcu() => new(new HygonDcuReport
    {
        Version = 1,
        ChipId = Bytes(16),
        UserData = Bytes(64),
        Measure = Bytes(32),
        Reserved = Bytes(128),
        SignatureUsage = 0x1002,
        SignatureAlgorithm = 4,
        Signature = default!,
    });

    private static NvidiaDeviceClaims Nvidia(NvidiaArchitecture architecture)
    {
        string[] parts = architecture == NvidiaArchitecture.Ls10 ? ["bios"] : ["driver", "vbios"];
        return new()
        {
            Architecture = architecture,
            Measurements = new Dictionary<int, byte[]> { [1] = Bytes(48) },
            Report = NvidiaReport.Parse(SpdmWithEveryItem()),
            Ueid = 12345,
            HardwareModel = "GH100 A01 GSP BROM",
            Uuid = "GPU-0",
            NonceMatch = true,
            Manifests = new(NvidiaManifestResult.Success, parts.ToDictionary(part => part, _ => new NvidiaManifestPart(true, true))),
        };
    }

    // Request, response with one measurement and all items that have a name, one that has none, and room for the signature.
    private static byte[] SpdmWithEveryItem()
    {
        const ushort Unnamed = 999;
        var named = Enum.GetValues<NvidiaOpaqueField>().Where(field => field != NvidiaOpaqueField.Invalid);
        byte[] items = [.. named.Append((NvidiaOpaqueField)Unnamed).SelectMany(Item)];
        byte[] record = [1, 1, 7, 0, 0, 4, 0, .. Bytes(4)];
        return
        [
            0x11, 0xe0, 1, 0xff, .. Bytes(32), 0,
            0x11, 0x60, 0, 0, 1, (byte)record.Length, 0, 0, .. record, .. Bytes(32), .. LittleEndian(items.Length), .. items,
            .. Bytes(NvidiaReport.SignatureSize),
        ];
    }

    private static byte[] Item(NvidiaOpaqueField field)
    {
        var data = field switch
        {
            NvidiaOpaqueField.Fwid => Bytes(NvidiaReport.FwidSize),
            NvidiaOpaqueField.SwitchGpuPdis => Bytes(64 + 4),
            NvidiaOpaqueField.FeatureFlag => [2],
            NvidiaOpaqueField.DriverVersion or NvidiaOpaqueField.VbiosVersion => Encoding.ASCII.GetBytes("96.00.9f.00.01"),
            _ => Bytes(8),
        };
        return [.. LittleEndian((int)field), .. LittleEndian(data.Length), .. data];
    }

    private static byte[] LittleEndian(int number) => [(byte)number, (byte)(number >> 8)];

    private static byte[] Bytes(int size, int first = 1) => [.. Enumerable.Range(first, size).Select(number => (byte)number)];
}
