namespace Nacre.Rpc;

/// <summary>gRPC's codes, which ttrpc shares (google/rpc/code.proto).</summary>
public enum RpcCode
{
    Ok = 0,
    Cancelled = 1,
    Unknown = 2,
    InvalidArgument = 3,
    DeadlineExceeded = 4,
    NotFound = 5,
    AlreadyExists = 6,
    PermissionDenied = 7,
    ResourceExhausted = 8,
    FailedPrecondition = 9,
    Aborted = 10,
    OutOfRange = 11,
    Unimplemented = 12,
    Internal = 13,
    Unavailable = 14,
    DataLoss = 15,
    Unauthenticated = 16,
}

/// <summary>The call failed, here or at the other side. The message goes over the wire: nothing secret in it.</summary>
public sealed class RpcException(RpcCode code, string message, Exception? innerException = null) : Exception(message, innerException)
{
    public RpcCode Code { get; } = code;
}
