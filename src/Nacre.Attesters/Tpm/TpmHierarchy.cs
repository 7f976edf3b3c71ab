namespace Nacre.Attesters.Tpm;

/// <summary>TPM_RH: the permanent handles that own primary keys.</summary>
public enum TpmHierarchy : uint
{
    Owner = 0x4000_0001,
    Null = 0x4000_0007,
    Endorsement = 0x4000_000B,
    Platform = 0x4000_000C,
}
