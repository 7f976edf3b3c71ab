using System.Globalization;

namespace Nacre.Formats.EventLogs;

/// <summary>Types of events (TCG PC Client Platform Firmware Profile, table "Events").</summary>
public static class TcgEventType
{
    public const uint PostCode = 0x1;
    public const uint NoAction = 0x3;
    public const uint Separator = 0x4;
    public const uint Action = 0x5;
    public const uint EventTag = 0x6;
    public const uint CrtmVersion = 0x8;
    public const uint PlatformConfigFlags = 0xa;
    public const uint CompactHash = 0xc;
    public const uint Ipl = 0xd;
    public const uint OmitBootDeviceEvents = 0x12;
    public const uint EfiVariableDriverConfig = 0x80000001;
    public const uint EfiVariableBoot = 0x80000002;
    public const uint EfiBootServicesApplication = 0x80000003;
    public const uint EfiGptEvent = 0x80000006;
    public const uint EfiAction = 0x80000007;
    public const uint EfiPlatformFirmwareBlob2 = 0x8000000a;
    public const uint EfiHandoffTables2 = 0x8000000b;
    public const uint EfiVariableBoot2 = 0x8000000c;
    public const uint EfiVariableAuthority = 0x800000e0;

    private static readonly string[] s_low =
    [
        "EV_PREBOOT_CERT", "EV_POST_CODE", "EV_UNUSED", "EV_NO_ACTION", "EV_SEPARATOR", "EV_ACTION", "EV_EVENT_TAG", "EV_S_CRTM_CONTENTS",
        "EV_S_CRTM_VERSION", "EV_CPU_MICROCODE", "EV_PLATFORM_CONFIG_FLAGS", "EV_TABLE_OF_DEVICES", "EV_COMPACT_HASH", "EV_IPL",
        "EV_IPL_PARTITION_DATA", "EV_NONHOST_CODE", "EV_NONHOST_CONFIG", "EV_NONHOST_INFO", "EV_OMIT_BOOT_DEVICE_EVENTS",
    ];

    private static readonly string[] s_efi =
    [
        "EV_EFI_EVENT_BASE", "EV_EFI_VARIABLE_DRIVER_CONFIG", "EV_EFI_VARIABLE_BOOT", "EV_EFI_BOOT_SERVICES_APPLICATION",
        "EV_EFI_BOOT_SERVICES_DRIVER", "EV_EFI_RUNTIME_SERVICES_DRIVER", "EV_EFI_GPT_EVENT", "EV_EFI_ACTION", "EV_EFI_PLATFORM_FIRMWARE_BLOB",
        "EV_EFI_HANDOFF_TABLES", "EV_EFI_PLATFORM_FIRMWARE_BLOB2", "EV_EFI_HANDOFF_TABLES2", "EV_EFI_VARIABLE_BOOT2",
    ];

    /// <summary>The name in the profile; <c>EV_UNKNOWN_0x…</c> where it has none.</summary>
    public static string Name(uint type) => type switch
    {
        < 0x13 => s_low[type],
        >= 0x80000000 and < 0x8000000d => s_efi[type - 0x80000000],
        0x80000010 => "EV_EFI_HCRTM_EVENT",
        EfiVariableAuthority => "EV_EFI_VARIABLE_AUTHORITY",
        0x800000e1 => "EV_EFI_SPDM_FIRMWARE_BLOB",
        0x800000e2 => "EV_EFI_SPDM_FIRMWARE_CONFIG",
        _ => string.Create(CultureInfo.InvariantCulture, $"EV_UNKNOWN_0x{type:X}"),
    };
}
