/* Standard tables of Dynamics 365 Sales and Salesforce, as far as a co-sell tool meets them,
 * with the columns that the Microsoft connectors add. First line: service, entity, logical name,
 * key, name column, id prefix ('-' for none). Then one column a line: name, type, and any of: a
 * number (most characters), ro, req, ext, idl, unique, >TARGET|TARGET, nav=NAME. Lengths are
 * those of the published table references. */
#include <stddef.h>
#include "samples/sandbox/schema.h"

static const char opportunities[] =
    "dataverse opportunities opportunity opportunityid name -\n"
    "opportunityid guid\nname text 300 req\ndescription text 2000\n"
    "estimatedvalue money\nestimatedvalue_base money ro\nactualvalue money\n"
    "actualvalue_base money ro\nbudgetamount money\nbudgetamount_base money ro\n"
    "totalamount money ro\nestimatedclosedate date\nactualclosedate date\n"
    "finaldecisiondate date\ncloseprobability int\nstatecode state\n"
    "statuscode status\nisrevenuesystemcalculated bool\n"
    "customerid lookup >account|contact\nparentaccountid lookup >account\n"
    "parentcontactid lookup >contact\noriginatingleadid lookup >lead\n"
    "ownerid lookup >systemuser|team\nowninguser lookup >systemuser ro\n"
    "pricelevelid lookup >pricelevel\ncampaignid lookup >campaign\n"
    "transactioncurrencyid lookup >transactioncurrency\n"
    "createdby lookup >systemuser ro\nmodifiedby lookup >systemuser ro\n"
    "owningbusinessunit lookup >businessunit ro\n"
    "overriddencreatedon datetime\nimportsequencenumber int\n"
    "createdon datetime ro\nmodifiedon datetime ro\nversionnumber int ro\n"
    "exchangerate decimal ro\nstepname text 200\nsalesstage choice\n"
    "opportunityratingcode choice\nprioritycode choice\n"
    "msdyn_forecastcategory choice\nemailaddress text 100\n"
    "timezoneruleversionnumber int\n"
    "msft_microsoftpartnercenterreferralsync bool\n"
    "msft_microsoftpartnercenterreferralvisible bool\n"
    "msft_microsoftpartnercenterhelp choice\n"
    "msft_microsoftpartnercenterreferralidentifier text 100\n"
    "msft_microsoftpartnercenterreferrallink text 255\n"
    "msft_microsoftpartnercenterreferralprogram text 100\n"
    "msft_microsoftpartnercenterreferralsyncaudit text 100000\n"
    "msft_microsoftpartnercentersolutions text 4000\n"
    "msft_microsoftcrmidentifier text 100\nmsft_coselltype choice\n"
    "msft_customerpurchaseintent choice\n";

static const char accounts[] =
    "dataverse accounts account accountid name -\n"
    "accountid guid\nname text 160 req\naccountnumber text 20\naddress1_line1 text 250\n"
    "address1_line2 text 250\naddress1_city text 80\naddress1_stateorprovince text 50\n"
    "address1_postalcode text 20\naddress1_country text 80\nwebsiteurl text 200\ntelephone1 text "
    "50\n"
    "emailaddress1 text 100\nrevenue money\nrevenue_base money ro\nnumberofemployees int\n"
    "description text 2000\nstatecode state\nstatuscode status\nprimarycontactid lookup >contact\n"
    "parentaccountid lookup >account\nownerid lookup >systemuser|team\nowninguser lookup "
    ">systemuser ro\n"
    "transactioncurrencyid lookup >transactioncurrency\ncreatedby lookup >systemuser ro\n"
    "modifiedby lookup >systemuser ro\ncreatedon datetime ro\nmodifiedon datetime ro\n"
    "versionnumber int ro\nexchangerate decimal ro\nimportsequencenumber int\noverriddencreatedon "
    "datetime\n";

static const char contacts[] =
    "dataverse contacts contact contactid fullname -\n"
    "contactid guid\nfullname text 160 ro\nfirstname text 50\nlastname text 50\nemailaddress1 text "
    "100\n"
    "telephone1 text 50\nmobilephone text 50\njobtitle text 100\naddress1_line1 text 250\n"
    "address1_city text 80\naddress1_postalcode text 20\naddress1_country text 80\nstatecode "
    "state\n"
    "statuscode status\nparentcustomerid lookup >account|contact\nownerid lookup >systemuser|team\n"
    "owninguser lookup >systemuser ro\ntransactioncurrencyid lookup >transactioncurrency\n"
    "createdon datetime ro\nmodifiedon datetime ro\nversionnumber int ro\n";

static const char systemusers[] =
    "dataverse systemusers systemuser systemuserid fullname -\n"
    "systemuserid guid\nfullname text 200 ro\nfirstname text 256\nlastname text 256\n"
    "internalemailaddress text 100\nmobilephone text 64\naddress1_telephone1 text 64\ndomainname "
    "text 1024\nazureactivedirectoryobjectid guid\n"
    "isdisabled bool\nbusinessunitid lookup >businessunit\ncreatedon datetime ro\n"
    "modifiedon datetime ro\nversionnumber int ro\n";

static const char currencies[] =
    "dataverse transactioncurrencies transactioncurrency transactioncurrencyid currencyname -\n"
    "transactioncurrencyid guid\nisocurrencycode text 5\ncurrencyname text 100\ncurrencysymbol "
    "text 13\n"
    "currencyprecision int\nexchangerate decimal\nstatecode state\nstatuscode status\n"
    "createdon datetime ro\nmodifiedon datetime ro\nversionnumber int ro\n";

static const char organizations[] =
    "dataverse organizations organization organizationid name -\n"
    "organizationid guid\nname text 160\nfriendlyname text 160\nisauditenabled bool\n"
    "basecurrencyid lookup >transactioncurrency\nlanguagecode int\ncreatedon datetime ro\n"
    "modifiedon datetime ro\nversionnumber int ro\n";

static const char closes[] =
    "dataverse opportunitycloses opportunityclose activityid subject -\n"
    "activityid guid\nsubject text 200\ndescription text 2000\nactualrevenue money\n"
    "actualend datetime\nstatecode state\nstatuscode status\nopportunityid lookup >opportunity\n"
    "createdon datetime ro\nmodifiedon datetime ro\nversionnumber int ro\n";

static const char solutions[] =
    "dataverse msft_microsoftsolutions msft_microsoftsolution msft_microsoftsolutionid msft_name "
    "-\n"
    "msft_microsoftsolutionid guid\nmsft_name text 100\nmsft_solutionid text 100\n"
    "msft_opportunityid lookup >opportunity\nstatecode state\nstatuscode status\n"
    "createdon datetime ro\nmodifiedon datetime ro\nversionnumber int ro\n";

static const char leads[] =
    "dataverse leads lead leadid fullname -\n"
    "leadid guid\nsubject text 300 req\nfullname text 160 ro\nfirstname text 50\nlastname text 50\n"
    "companyname text 100\nemailaddress1 text 100\nestimatedamount money\nestimatedclosedate date\n"
    "websiteurl text 200\nparentaccountid lookup >account\nqualifyingopportunityid lookup "
    ">opportunity\n"
    "ownerid lookup >systemuser|team\ntransactioncurrencyid lookup >transactioncurrency\n"
    "statecode state\nstatuscode status\ncreatedon datetime ro\nmodifiedon datetime ro\n"
    "versionnumber int ro\n";

static const char sf_opportunity[] =
    "salesforce Opportunity Opportunity Id Name 006\n"
    "Id id ro\nName text 120 req idl\nStageName picklist 255 req\nCloseDate date req\n"
    "Amount currency\nAccountId lookup >Account nav=Account\nOwnerId lookup >User nav=Owner\n"
    "CurrencyIsoCode picklist 3\nCampaignId lookup >Campaign nav=Campaign\nDescription text "
    "32000\nNextStep text 255\n"
    "LeadSource picklist 255\nType picklist 255\nProbability percent\nForecastCategory picklist "
    "ro\n"
    "ForecastCategoryName picklist\nIsClosed bool ro\nIsWon bool ro\nIsPrivate bool\n"
    "ExpectedRevenue currency ro\nHasOpportunityLineItem bool ro\nLastStageChangeDate datetime ro\n"
    "ContactId lookup >Contact nav=Contact ro\nReferral_Identifier__c text 100 ext idl\n"
    "Referral_Link__c text 255\nSync_with_Partner_Center__c bool\nAudit__c text 100000\n"
    "How_can_Microsoft_help__c picklist 255\nProducts__c text 255\n"
    "Referral_Visibility__c bool\nMicrosoft_CRM_Identifier__c text 255\nReferral_Program__c text "
    "255\n";

static const char sf_account[] =
    "salesforce Account Account Id Name 001\n"
    "Id id ro\nName text 255 req\nBillingStreet text 255\nBillingCity text 40\nBillingState text "
    "80\n"
    "BillingPostalCode text 20\nBillingCountry text 80\nAccountNumber text 40\nWebsite text 255\n"
    "Site text 80\nPhone text 40\nDunsNumber text 9\nDescription text 32000\n"
    "ParentId lookup >Account nav=Parent\nOwnerId lookup >User nav=Owner\n";

static const char sf_contact[] =
    "salesforce Contact Contact Id Name 003\n"
    "Id id ro\nName text 121 ro\nFirstName text 40\nLastName text 80 req\nEmail text 80 idl\n"
    "Phone text 40\nMobilePhone text 40\nTitle text 128\nAccountId lookup >Account nav=Account\n"
    "OwnerId lookup >User nav=Owner\n";

static const char sf_role[] =
    "salesforce OpportunityContactRole OpportunityContactRole Id Id 00K\n"
    "Id id ro\nOpportunityId lookup req >Opportunity nav=Opportunity\n"
    "ContactId lookup req >Contact nav=Contact\nRole picklist 255\nIsPrimary bool\n";

static const char sf_user[] =
    "salesforce User User Id Name 005\n"
    "Id id ro\nName text 121 ro\nUsername text 80 idl\nEmail text 128 idl\nFirstName text 40\n"
    "LastName text 80\nPhone text 40\nMobilePhone text 40\nFederationIdentifier text 512 "
    "idl\nIsActive bool\n";

static const char sf_stage[] =
    "salesforce OpportunityStage OpportunityStage Id MasterLabel 01J\n"
    "Id id ro\nMasterLabel text 255\nApiName text 255\nIsActive bool\nIsClosed bool\nIsWon bool\n"
    "DefaultProbability percent\nForecastCategoryName picklist\nForecastCategory "
    "picklist\nSortOrder int\n";

static const char sf_currency[] =
    "salesforce CurrencyType CurrencyType Id IsoCode 01L\n"
    "Id id ro\nIsoCode picklist 3\nConversionRate double\nDecimalPlaces int\nIsActive bool\n"
    "IsCorporate bool\n";

static const char sf_organization[] =
    "salesforce Organization Organization Id Name 00D\n"
    "Id id ro\nName text 80\nOrganizationType picklist\nIsSandbox bool\nInstanceName text 20\n";

static const char sf_lead[] =
    "salesforce Lead Lead Id Name 00Q\n"
    "Id id ro\nName text 121 ro\nLastName text 80 req\nFirstName text 40\nCompany text 255 req\n"
    "Email text 80 idl\nStatus picklist 255\nIsConverted bool ro\nOwnerId lookup >User nav=Owner\n";

static const char sf_solution[] =
    "salesforce Microsoft_Solution__c Microsoft_Solution__c Id Name a00\n"
    "Id id ro\nName text 80\nSolution_Id__c text 255\nOpportunity__c lookup >Opportunity "
    "nav=Opportunity__r\n";

static const char sf_history[] =
    "salesforce OpportunityHistory OpportunityHistory Id Id 008\n"
    "Id id ro\nOpportunityId lookup ro >Opportunity nav=Opportunity\nStageName picklist 255 ro\n"
    "Amount currency ro\nCloseDate date ro\nExpectedRevenue currency ro\nProbability percent ro\n"
    "PrevAmount currency ro\nPrevCloseDate date ro\n";

static const char sf_field_history[] =
    "salesforce OpportunityFieldHistory OpportunityFieldHistory Id Id 017\n"
    "Id id ro\nOpportunityId lookup ro >Opportunity nav=Opportunity\nField picklist 255 ro\n"
    "OldValue text 255 ro\nNewValue text 255 ro\nDataType picklist 40 ro\n";

const char *const schema_builtin[] = { opportunities, accounts, contacts, systemusers, currencies,
	organizations, closes, solutions, leads, sf_opportunity, sf_account, sf_contact, sf_role,
	sf_user, sf_stage, sf_currency, sf_organization, sf_lead, sf_solution, sf_history,
	sf_field_history, NULL };
