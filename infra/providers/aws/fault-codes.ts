import { type Fault, faults } from "../fault.ts";

const errorsPage = "docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html";
const consistencyPage = "docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html";
const sdkRetries = "github.com/aws/aws-sdk-go-v2 aws/retry/standard.go";

/** The codes of EC2's API that our programs can meet; sources are the API's own pages and the SDK of Pulumi's provider. */
export const ec2FaultCodes: readonly Fault[] = [
  ...faults(
    `InsufficientInstanceCapacity InsufficientHostCapacity InsufficientCapacityOnHost InsufficientReservedInstanceCapacity
     InsufficientVolumeCapacity InsufficientCapacity InsufficientFreeAddressesInSubnet ReservationCapacityExceeded
     UnfulfillableCapacity SpotMaxPriceTooLow`,
    {
      class: "capacity",
      elsewhere: "zone",
      next: "Ask for another zone, instance type or region, or wait: EC2 adds capacity by itself.",
      source: errorsPage,
    },
  ),
  ...faults("Unsupported", {
    class: "capacity",
    elsewhere: "zone",
    next: "Leave the zone to EC2, or name one that has the type: aws ec2 describe-instance-type-offerings.",
    source: errorsPage,
  }),
  ...faults("InsufficientAddressCapacity", {
    class: "capacity",
    elsewhere: "region",
    next: "Ask for another region, or wait until EC2 has public addresses there.",
    source: errorsPage,
  }),
  ...faults(
    `VcpuLimitExceeded InstanceLimitExceeded MaxSpotInstanceCountExceeded HostLimitExceeded VolumeLimitExceeded
     MaxIOPSLimitExceeded AddressLimitExceeded VpcLimitExceeded SubnetLimitExceeded InternetGatewayLimitExceeded
     RouteTableLimitExceeded SecurityGroupLimitExceeded NetworkInterfaceLimitExceeded ResourceLimitExceeded`,
    {
      class: "quota",
      elsewhere: "region",
      next: "Have the quota raised in Service Quotas of this account and region, or give back what holds it.",
      source: errorsPage,
    },
  ),
  ...faults("PendingVerification", {
    class: "quota",
    elsewhere: "region",
    next: "Wait until AWS has verified the account for this region, usually within hours; its support can say more.",
    source: errorsPage,
  }),
  ...faults(
    `RequestLimitExceeded Throttling ThrottlingException ThrottledException EC2ThrottledException RequestThrottled
     RequestThrottledException TooManyRequestsException PriorRequestNotComplete BandwidthLimitExceeded SlowDown
     RequestTimeout RequestTimeoutException`,
    {
      class: "transient",
      elsewhere: null,
      next: "Nothing is to be done if it passes by itself; if it stays, run fewer clusters of this account at once.",
      source: sdkRetries,
    },
  ),
  ...faults("InternalError InternalFailure ServerInternal Unavailable ServiceUnavailable", {
    class: "transient",
    elsewhere: null,
    next: "Nothing is to be done if it passes by itself; if it stays, see health.aws.amazon.com for this region.",
    source: errorsPage,
  }),
  ...faults(
    `DependencyViolation IncorrectState IncorrectInstanceState ConcurrentTagAccess VolumeInUse InvalidGroup.InUse
     InvalidNetworkInterface.InUse InvalidIPAddress.InUse`,
    {
      class: "transient",
      elsewhere: null,
      next: "Something still stands in it: it is tried again when that is gone; if it stays, look for what has no tags.",
      source: errorsPage,
    },
  ),
  ...faults(
    `InvalidKeyPair.NotFound InvalidGroup.NotFound InvalidSubnetID.NotFound InvalidVpcID.NotFound
     InvalidInstanceID.NotFound InvalidInternetGatewayID.NotFound InvalidRouteTableID.NotFound
     InvalidNetworkInterfaceID.NotFound InvalidVolume.NotFound`,
    {
      class: "transient",
      elsewhere: null,
      next: "What is new may not be seen everywhere yet; if it stays, see that the id you gave exists in this region.",
      source: consistencyPage,
    },
  ),
  ...faults(
    `AuthFailure UnauthorizedOperation AccessDenied AccessDeniedException InvalidClientTokenId UnrecognizedClientException
     SignatureDoesNotMatch IncompleteSignature MissingAuthenticationToken ExpiredToken ExpiredTokenException
     RequestExpired`,
    {
      class: "configuration",
      elsewhere: null,
      next: "See that the credentials (AWS_PROFILE, or AWS_ACCESS_KEY_ID with AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN) are right, not expired, may use EC2 in this region, and that this clock is right: aws sts get-caller-identity.",
      source: errorsPage,
    },
  ),
  ...faults("OptInRequired Blocked", {
    class: "configuration",
    elsewhere: null,
    next: "Enable the region, or subscribe to the image, for this account; what blocks an account only AWS' support can say.",
    source: errorsPage,
  }),
  ...faults("RulesPerSecurityGroupLimitExceeded SecurityGroupsPerInstanceLimitExceeded TagLimitExceeded", {
    class: "configuration",
    elsewhere: null,
    next: "Name fewer networks in sshFrom, or have the quota raised.",
    source: errorsPage,
  }),
  ...faults("IdempotentParameterMismatch InvalidKeyPair.Duplicate InvalidGroup.Duplicate", {
    class: "fatal",
    elsewhere: null,
    next: "Two creations took the same name or token: report it with the detail above.",
    source: errorsPage,
  }),
];
