"""Names for generated payers: public bodies of England, and words that invented companies are made of.

The public names are facts, from two openly licensed lists (both MIT): rcpch/rcpch-nhs-organisations and
mysociety/uk_local_authority_names_and_codes, as they stood before the mergers of April 2026. Companies and
persons are invented; a likeness to real ones is chance.
"""

from __future__ import annotations

from typing import Final

# Integrated care boards: ODS code, name.
BOARDS: Final = (
    ("QOX", "NHS Bath and North East Somerset, Swindon and Wiltshire Integrated Care Board"),
    ("QHG", "NHS Bedfordshire, Luton and Milton Keynes Integrated Care Board"),
    ("QHL", "NHS Birmingham and Solihull Integrated Care Board"),
    ("QUA", "NHS Black Country Integrated Care Board"),
    ("QUY", "NHS Bristol, North Somerset and South Gloucestershire Integrated Care Board"),
    ("QU9", "NHS Buckinghamshire, Oxfordshire and Berkshire West Integrated Care Board"),
    ("QUE", "NHS Cambridgeshire and Peterborough Integrated Care Board"),
    ("QYG", "NHS Cheshire and Merseyside Integrated Care Board"),
    ("QT6", "NHS Cornwall and the Isles of Scilly Integrated Care Board"),
    ("QWU", "NHS Coventry and Warwickshire Integrated Care Board"),
    ("QJ2", "NHS Derby and Derbyshire Integrated Care Board"),
    ("QJK", "NHS Devon Integrated Care Board"),
    ("QVV", "NHS Dorset Integrated Care Board"),
    ("QNQ", "NHS Frimley Integrated Care Board"),
    ("QR1", "NHS Gloucestershire Integrated Care Board"),
    ("QOP", "NHS Greater Manchester Integrated Care Board"),
    ("QRL", "NHS Hampshire and Isle of Wight Integrated Care Board"),
    ("QGH", "NHS Herefordshire and Worcestershire Integrated Care Board"),
    ("QM7", "NHS Hertfordshire and West Essex Integrated Care Board"),
    ("QOQ", "NHS Humber and North Yorkshire Integrated Care Board"),
    ("QKS", "NHS Kent and Medway Integrated Care Board"),
    ("QE1", "NHS Lancashire and South Cumbria Integrated Care Board"),
    ("QK1", "NHS Leicester, Leicestershire and Rutland Integrated Care Board"),
    ("QJM", "NHS Lincolnshire Integrated Care Board"),
    ("QH8", "NHS Mid and South Essex Integrated Care Board"),
    ("QMM", "NHS Norfolk and Waveney Integrated Care Board"),
    ("QPM", "NHS Northamptonshire Integrated Care Board"),
    ("QMJ", "NHS North Central London Integrated Care Board"),
    ("QHM", "NHS North East and North Cumbria Integrated Care Board"),
    ("QMF", "NHS North East London Integrated Care Board"),
    ("QRV", "NHS North West London Integrated Care Board"),
    ("QT1", "NHS Nottingham and Nottinghamshire Integrated Care Board"),
    ("QOC", "NHS Shropshire, Telford and Wrekin Integrated Care Board"),
    ("QSL", "NHS Somerset Integrated Care Board"),
    ("QKK", "NHS South East London Integrated Care Board"),
    ("QWE", "NHS South West London Integrated Care Board"),
    ("QF7", "NHS South Yorkshire Integrated Care Board"),
    ("QNC", "NHS Staffordshire and Stoke-on-Trent Integrated Care Board"),
    ("QJG", "NHS Suffolk and North East Essex Integrated Care Board"),
    ("QXU", "NHS Surrey Heartlands Integrated Care Board"),
    ("QNX", "NHS Sussex Integrated Care Board"),
    ("QWO", "NHS West Yorkshire Integrated Care Board"),
)

# NHS trusts: ODS code, name.
TRUSTS: Final = (
    ("RVV", "East Kent Hospitals University NHS Foundation Trust"),
    ("RKL", "West London NHS Trust"),
    ("RP4", "Great Ormond Street Hospital For Children NHS Foundation Trust"),
    ("RBV", "The Christie NHS Foundation Trust"),
    ("R0D", "University Hospitals Dorset NHS Foundation Trust"),
    ("RGN", "North West Anglia NHS Foundation Trust"),
    ("RQM", "Chelsea and Westminster Hospital NHS Foundation Trust"),
    ("RQW", "The Princess Alexandra Hospital NHS Trust"),
    ("RTK", "Ashford and St Peter's Hospitals NHS Foundation Trust"),
    ("REF", "Royal Cornwall Hospitals NHS Trust"),
    ("RXX", "Surrey and Borders Partnership NHS Foundation Trust"),
    ("RL1", "The Robert Jones and Agnes Hunt Orthopaedic Hospital NHS Foundation Trust"),
    ("RJZ", "King's College Hospital NHS Foundation Trust"),
    ("RAX", "Kingston Hospital NHS Foundation Trust"),
    ("RPA", "Medway NHS Foundation Trust"),
    ("RGD", "Leeds and York Partnership NHS Foundation Trust"),
    ("RJ6", "Croydon Health Services NHS Trust"),
    ("RL4", "The Royal Wolverhampton NHS Trust"),
    ("RFF", "Barnsley Hospital NHS Foundation Trust"),
    ("RNQ", "Kettering General Hospital NHS Foundation Trust"),
    ("RJ8", "Cornwall Partnership NHS Foundation Trust"),
    ("RWX", "Berkshire Healthcare NHS Foundation Trust"),
    ("RXE", "Rotherham Doncaster and South Humber NHS Foundation Trust"),
    ("RTD", "The Newcastle upon Tyne Hospitals NHS Foundation Trust"),
    ("RTE", "Gloucestershire Hospitals NHS Foundation Trust"),
    ("RQX", "Homerton Healthcare NHS Foundation Trust"),
    ("RBT", "Mid Cheshire Hospitals NHS Foundation Trust"),
    ("RNS", "Northampton General Hospital NHS Trust"),
    ("RX2", "Sussex Partnership NHS Foundation Trust"),
    ("RBS", "Alder Hey Children's NHS Foundation Trust"),
    ("RNZ", "Salisbury NHS Foundation Trust"),
    ("R1F", "Isle of Wight NHS Trust"),
    ("RMC", "Bolton NHS Foundation Trust"),
    ("REN", "The Clatterbridge Cancer Centre NHS Foundation Trust"),
    ("RW4", "Mersey Care NHS Foundation Trust"),
    ("RY4", "Hertfordshire Community NHS Trust"),
    ("RXW", "The Shrewsbury and Telford Hospital NHS Trust"),
    ("RGR", "West Suffolk NHS Foundation Trust"),
    ("RXA", "Cheshire and Wirral Partnership NHS Foundation Trust"),
    ("RM1", "Norfolk and Norwich University Hospitals NHS Foundation Trust"),
    ("RTF", "Northumbria Healthcare NHS Foundation Trust"),
    ("RWP", "Worcestershire Acute Hospitals NHS Trust"),
    ("RT5", "Leicestershire Partnership NHS Trust"),
    ("RWE", "University Hospitals of Leicester NHS Trust"),
    ("RK9", "University Hospitals Plymouth NHS Trust"),
    ("RH5", "Somerset NHS Foundation Trust"),
    ("RH8", "Royal Devon University Healthcare NHS Foundation Trust"),
)

# Councils: register code, official name.
COUNCILS: Final = (
    ("CAM", "Cambridgeshire County Council"),
    ("DBY", "Derbyshire County Council"),
    ("DEV", "Devon County Council"),
    ("ESS", "Essex County Council"),
    ("ESX", "East Sussex County Council"),
    ("GLS", "Gloucestershire County Council"),
    ("HAM", "Hampshire County Council"),
    ("HRT", "Hertfordshire County Council"),
    ("KEN", "Kent County Council"),
    ("LAN", "Lancashire County Council"),
    ("LEC", "Leicestershire County Council"),
    ("LIN", "Lincolnshire County Council"),
    ("NFK", "Norfolk County Council"),
    ("NTT", "Nottinghamshire County Council"),
    ("OXF", "Oxfordshire County Council"),
    ("SFK", "Suffolk County Council"),
    ("SRY", "Surrey County Council"),
    ("STS", "Staffordshire County Council"),
    ("WAR", "Warwickshire County Council"),
    ("WOR", "Worcestershire County Council"),
    ("WSX", "West Sussex County Council"),
    ("CMD", "London Borough of Camden"),
    ("CRY", "London Borough of Croydon"),
    ("BRY", "London Borough of Bromley"),
    ("BEN", "London Borough of Brent"),
    ("HCK", "London Borough of Hackney"),
    ("LEW", "London Borough of Lewisham"),
    ("SWK", "London Borough of Southwark"),
    ("LBH", "London Borough of Lambeth"),
    ("GRE", "Royal Borough of Greenwich"),
    ("KEC", "Royal Borough of Kensington and Chelsea"),
    ("WSM", "City of Westminster"),
    ("HRY", "London Borough of Haringey"),
    ("EAL", "London Borough of Ealing"),
    ("NWM", "London Borough of Newham"),
    ("ISL", "London Borough of Islington"),
    ("BIR", "Birmingham City Council"),
    ("LDS", "Leeds City Council"),
    ("MAN", "Manchester City Council"),
    ("LIV", "Liverpool City Council"),
    ("BST", "Bristol City Council"),
    ("SHF", "Sheffield City Council"),
    ("COV", "Coventry City Council"),
    ("NGM", "Nottingham City Council"),
    ("LCE", "Leicester City Council"),
    ("DUR", "Durham County Council"),
    ("NBL", "Northumberland County Council"),
    ("CON", "Cornwall Council"),
    ("DST", "Dorset Council"),
    ("SMT", "Somerset Council"),
    ("WIL", "Wiltshire Council"),
    ("SHR", "Shropshire Council"),
    ("HEF", "Herefordshire Council"),
    ("BUC", "Buckinghamshire Council"),
    ("MDW", "Medway Council"),
    ("PLY", "Plymouth City Council"),
    ("POR", "Portsmouth City Council"),
    ("STH", "Southampton City Council"),
    ("YOR", "City of York Council"),
    ("BNH", "Brighton and Hove City Council"),
    ("DER", "Derby City Council"),
    ("HAL", "Halton Borough Council"),
    ("THR", "Thurrock Council"),
    ("TOB", "Torbay Council"),
    ("IOW", "Isle of Wight Council"),
)

# Clinical commissioning groups, abolished on 1 July 2022, with the ODS code of a board that followed.
FORMER_GROUPS: Final = (
    ("NHS SHEFFIELD CCG", "QF7"),
    ("NHS ROTHERHAM CCG", "QF7"),
    ("NHS KERNOW CCG", "QT6"),
    ("NHS WIRRAL CCG", "QYG"),
    ("NHS BRADFORD CCG", "QWO"),
    ("NHS WALSALL CCG", "QUA"),
    ("NHS SALFORD CCG", "QOP"),
    ("NHS MEDWAY CCG", "QKS"),
)

_PLACES = """
    Ashdown Barley Bexcombe Birchley Bramwood Brackenfield Calder Cawdale Cobham Copperfield Cranmoor
    Dalewood Deerhurst Dunmore Eastholme Elmbank Fairmead Fenwick Fernleigh Foxhall Garrowby Glenmore
    Greystone Hadleigh Harrowfield Hawthorn Hazelmere Heathcote Hollybrook Ingleton Ivybridge Kestrel
    Kingsmead Larkhill Linden Lockwood Maplewell Marlow Meadowbank Millbrook Moorcroft Netherby Northgate
    Oakhurst Orchard Pemberton Penrose Quarry Ravenscar Redwood Riverside Rowanlea Sandpiper Selwood
    Silverdale Southmead Stanwick Summerhill Tamarind Thornbury Underwood Vale Wainscott Westerleigh
    Whitmore Willowdene Windrush Woodstock Wychwood Yarrow
"""
PLACES: Final = tuple(_PLACES.split())
KINDS: Final = (
    "Care",
    "Healthcare",
    "Living",
    "Homes",
    "Support",
    "Medical",
    "Assurance",
    "Insurance",
    "Wellbeing",
    "Rehab",
)
FORMS: Final = ("Ltd", "plc", "LLP", "Group Ltd")

_INDIAN_WORDS = """
    Aarohan Akshara Amrita Anvesh Arogya Bharosa Chetana Deepam Devika Dhruva Ekta Gagan Garuda Himadri
    Indus Jyoti Kalpana Kaveri Kiran Lakshya Madhura Mangalam Meghna Nandini Navodaya Nirmala Pallavi
    Prerana Pragati Ranjana Rohini Sagara Samarth Sanjeevan Sarathi Shakti Shreya Suvarna Swara Tarang
    Trishul Udaya Vaibhav Varuna Vasudha Vidya Vikram Yamuna Yukti Zenith
"""
INDIAN_WORDS: Final = tuple(_INDIAN_WORDS.split())
INDIAN_KINDS: Final = (
    "Technologies",
    "Industries",
    "Health TPA",
    "Textiles",
    "Foods",
    "Logistics",
    "Infotech",
    "Motors",
    "Chemicals",
    "Insurance",
)
INDIAN_FORMS: Final = ("Pvt Ltd", "Ltd", "LLP", "India Pvt Ltd")

# Surnames of invented self-payers, and of strangers who are no customers.
_SURNAMES = """
    ABELWHITE BARRACLOUGH CARTLEDGE DAINTREE EGLINGTON FOTHERBY GATHERCOLE HEBBLETHWAITE INGLEBY JESSOPP
    KILVERT LONGBOTTOM MICKLETHWAIT NETTLEFOLD OLLERENSHAW PICKERSGILL QUARTERMAIN RAMSBOTHAM
    SHUFFLEBOTHAM TROTTWOOD UNTHANK VAVASOUR WIGGLESWORTH YELLOWLEES ZEALLEY
"""
SURNAMES: Final = tuple(_SURNAMES.split())
_STRANGERS = """
    BOOTHROYD CHOLMONDELEY DUCKENFIELD ENTWHISTLE FAZACKERLEY GOODENOUGH HIGGINBOTTOM KENDERDINE
    LEDGERWOOD MUSGROVE OSBALDESTON POPPLEWELL RIDEHALGH SIDEBOTHAM TATTERSALL WINTERBOTTOM
"""
STRANGERS: Final = tuple(_STRANGERS.split())
STRANGE_FIRMS: Final = (
    "QUAYSIDE LETTINGS",
    "BLUE HERON FISH",
    "JUNIPER PRINTWORKS",
    "OTTER VAN HIRE",
    "PEBBLE & FINCH",
    "TOPAZ JOINERY",
    "MULBERRY CATERING",
    "XYLO AUDIO",
    "ZEPHYR CYCLES",
    "FJORD TIMBER",
)
