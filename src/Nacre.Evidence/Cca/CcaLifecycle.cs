namespace Nacre.Evidence.Cca;

/// <summary>The state of the platform: the high byte of claim 2395 (evidence.md 10.1). Only in <see cref="Secured"/> its word counts.</summary>
public enum CcaLifecycle
{
    Unknown = 0x00,
    AssemblyAndTest = 0x10,
    RotProvisioning = 0x20,
    Secured = 0x30,
    NonPlatformRotDebug = 0x40,
    RecoverablePlatformRotDebug = 0x50,
    Decommissioned = 0x60,
}
