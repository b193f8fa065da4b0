"""What technology companies talk about."""

WAVELARK = """
@product
Wavelark 5G Home :: Plug it in, wait one song, you're online. :: No engineer, no drilling, no contract.
the Unlimited Weekend plan :: Stream all Saturday, pay for none of it. :: From Friday six to Monday six, it doesn't count.
our in-app eSIM :: Switch in five minutes and keep your number. :: No shop, no tiny pin, no lost tray.
Wavelark Fiber 2 Gig :: Downloads a season of your show before the kettle boils. :: Upload as fast as download.
the Family Four plan :: Four lines, one bill, no small print. :: Share data with the teenager. Or don't.
free roaming in {dozens} countries :: Land, switch on, carry on. :: Same price at the beach as at home.
@benefit
No contract. Leave if we deserve it.
Live in {dozens} more towns from {nextmonth}.
@goods
5G phones | SIM-only plans | home internet | prepaid data
@makers
network engineers | tower climbers | store teams | field technicians
@fans
customers | streamers | gamers | remote workers
@role
a radio network engineer | a fiber splicer | a store adviser | a network security analyst
a data engineer
@place
the network operations center | our {city} store | mast 114 | the test lab
@tip
Router in the closet? Move it to a shelf in the middle of your home. Free speed.
Dial down auto-play on mobile data and your plan lasts a week longer.
Restart the router once a month. Not a joke, it clears real problems.
Wi-Fi calling works where bars don't. Turn it on in settings.
A text with a link about a parcel you didn't order is a scam. Forward it to 7726.
@scene
{first} climbs mast 114 in any weather that isn't lightning.
One cable, {hundreds} fibers, each thinner than a hair. {first} has spliced them all since dawn.
Our operations center during the final: {few} screens of match, {dozens} of network.
We drove {thousands} miles last month just to find where calls drop.
@story
{first}'s village got fiber on Monday. By Friday there was a video call with a daughter in {city}.
{first} ran a livestreamed concert from a tractor. The signal held.
After the storm, {first} slept in the van for two nights until the last mast was back.
{first} lost a phone at sea. It was found, dried, and it rang.
@green
Trade in your old phone and we'll recover the gold, copper and cobalt in it.
Our network carried {pct}% more data on {pct}% less power.
Masts in {city} now run on solar and batteries.
SIM cards half the size, {thousands} pounds less plastic.
@fault
some customers in {city} have no signal | calls are dropping on our network
home broadband is slow in a few areas | the app won't show your data balance
@cause
internet for {thousands} students at home
{hundreds} refurbished tablets for seniors
a helpline in {few} languages
@event
the Wavelark Game Night | our Digital Skills Day in {city} | the 5G Summit
the Hack the Network weekend
@ask
What was your first phone?
How many unread messages right now?
Voice note or text?
Where do you wish you had better signal?
@metric
we added {thousands} broadband customers | churn fell to a record low
service revenue rose {pct}% | 5G now covers {most}% of the population
@tag
#Wavelark5G | #Connected | #Fiber | #5G | #SwitchToday
@emoji
📱 | 📶 | 🛜 | 📡
"""

STACKHOLLOW = """
@product
Stackhollow Pipelines 3.0 :: Deploys in seconds, rolls back in one. :: No YAML was harmed. There isn't any.
serverless Postgres :: Scales to zero at night and wakes in under 40 ms. :: It's just Postgres, minus the pager.
Stackhollow Edge :: Your code in {dozens} cities, 20 ms from almost everyone. :: Cold starts under 40 ms at the 99th percentile.
the new query planner :: Same queries, {pct}% less time, nothing to change. :: It finally understands your joins.
region failover :: We unplugged a data center to test it. You didn't notice. :: One checkbox, thirty seconds, no data loss.
the Stackhollow CLI :: One binary, no dependencies, tab completion that works. :: Everything the console does, in a script.
@benefit
Open source from day one, under Apache 2.0.
Benchmarks, methods and raw data are in the post.
@goods
annual plans | training seats | reserved capacity | startup credits
@makers
engineers | SREs | maintainers | technical writers
@fans
developers | builders | platform teams | open-source contributors
@role
a site reliability engineer | a developer advocate | a Rust engineer | a technical writer
a solutions architect | a database engineer
@place
the on-call room | our {city} data center | the community Slack | the hack week
@tip
Set a timeout on every network call. The default is usually forever.
Retries without jitter are a denial-of-service attack on yourself.
Test your backups by restoring them. A backup you haven't restored is a rumor.
Log the request id at every hop. Future you, at 3 a.m., will be grateful.
Index the columns you filter on, not the ones you select.
Put a budget alert on the account before you put a workload on it.
@scene
Post-mortem Friday: no blame, {dozens} slides, very good snacks.
{first} replaced {thousands} lines of code with {hundreds}. The tests got faster too.
Inside rack 12: {dozens} servers, one label maker, endless opinions about cable color.
Our on-call rotation has a song. It isn't good. It's very effective.
We break production on purpose every second {weekday}. Here's what we learned.
@story
{first}'s team cut its build from 41 minutes to 6. The pull request is public.
A two-person startup in {city} served {bignum} users on launch day with no pager.
{first} fixed our docs in a first-ever pull request. It's merged. Welcome!
How a hospital moved {years} years of records in one weekend without losing a row.
@green
You can now see the carbon cost of every query in the console.
Our {city} region runs on hydro power and heats the swimming pool next door.
Scheduled jobs can wait for a greener grid. One flag, {pct}% less carbon.
We've doubled the life of our servers by fixing instead of replacing.
@fault
API requests in one region are returning errors | builds are queueing longer than normal
the dashboard is loading slowly for some teams | webhooks are being delivered late
@cause
{dozens} open-source maintainers
coding clubs in {hundreds} schools
laptops for {dozens} bootcamp students
@event
StackConf {year} | our Postgres meetup in {city} | the Open Source Friday stream
the Incident Response workshop
@ask
Tabs, spaces or whatever the formatter says?
What's the oldest code you still run in production?
Which error message do you know by heart?
What should we write docs for next?
@metric
annual recurring revenue grew {pct}% | we ended the quarter with {hundreds} enterprise customers
net revenue retention reached 118% | uptime reached 99.99%
@tag
#DevOps | #Stackhollow | #OpenSource | #CloudNative | #Postgres
@emoji
🚀 | 🛠️ | 💻 | 🧵
"""

IRONWREN = """
@product
Ironwren Sentinel :: Stops {most}% of phishing before anyone can click. :: Finds the breach in minutes, not months.
the Ironwren Passkey :: Nothing to remember, nothing to steal. :: Log in with a touch. Passwords had a good run.
the Ironwren Vault :: Zero knowledge means we can't read it. Nobody can. :: Share a login without sharing the password.
one-click phish reporting :: Spot it, click it, and the whole company is safe. :: Your people are sensors. Treat them like it.
our free breach checker :: Type an address, see where it leaked, fix it. :: No account, no logs, no marketing emails.
the Ironwren Labs threat feed :: {hundreds} new indicators a day, in open formats. :: What our hunters see, an hour later.
@benefit
Audited by three firms, and all three reports are public.
Roll it out to {thousands} people before lunch.
@goods
family plans | team licenses | hardware keys | training packages
@makers
researchers | threat hunters | red-teamers | incident responders
@fans
defenders | security folks | admins | privacy people
@role
a malware analyst | a penetration tester | an incident responder | a cryptography engineer
a security trainer
@place
the lab | our {city} response center | the malware zoo | the war room
@tip
Turn on two-factor for your email first. It's the key to everything else.
Long beats clever: four random words make a better password than P@ssw0rd1.
Hover before you click. The link tells the truth, the button doesn't.
Update the router. Nobody updates the router.
If the boss emails asking for gift cards, it isn't the boss.
Cover the seven oldest machines first. Attackers do.
@scene
{first} reads ransomware for a living and knits for balance.
Our malware zoo holds {thousands} samples. None of them may leave.
Red team got in through the coffee machine. Blue team now owns the coffee machine.
48 hours after the alert: cold pizza, warm laptops, one closed door.
@story
A school district called at 2 a.m. By sunrise {first} had found the way in and shut it.
{first}, an intern, spotted the typo that gave away a phishing crew.
{first}'s bakery got its files back without paying a cent.
How a hospital in {city} kept operating through an attack, hour by hour.
@green
We measured what our scanners burn and cut it by {pct}%.
Old hardware keys come back to us, get wiped and go to newsrooms.
Moving our lab to a wind-powered data center took {few} months. Here's what it saved.
@fault
alerts are delayed in one region | single sign-on is failing for some customers
a faulty rule is flagging safe files | the admin console is read-only
@cause
free protection for {hundreds} nonprofits
security training for {dozens} newsrooms
cyber clubs in {hundreds} schools
@event
WrenCon {year} | our capture-the-flag weekend | the CISO breakfast in {city}
Password Day
@ask
How many passwords do you actually remember?
What's the worst security question you've been asked?
Should companies pay ransoms?
Tell us about a phishing mail that nearly got you.
@metric
subscription revenue grew {pct}% | we blocked {dozens} million attacks
customers stopped incidents {pct}% faster | we now protect {thousands} organizations
@tag
#InfoSec | #CyberSecurity | #Ironwren | #Phishing | #PasswordDay
@emoji
🔐 | 🛡️ | 👀 | 🐦
"""

OHMBIRD = """
@product
the Ohmbird Nightjar :: {dozens} hours of battery and silence on demand. :: Over-ear, featherlight, and the plane disappears.
the Ohmbird Wren :: Earbuds that stay put when you don't. :: Five grams each and a very big sound.
the Ohmbird Heron turntable :: Belt drive, solid plinth, no app required. :: You'll hear the drummer breathe.
the Kestrel soundbar :: Dialogue you can follow without subtitles. :: One cable, three inches tall, cinema in the chest.
the Sparrow speaker :: Loud enough for the yard, polite enough for the neighbors. :: Floats, if you must.
Ohmbird Studio One :: Flat, honest, a little ruthless. Your mix will thank you. :: Tuned by ear in a room with no corners.
@benefit
Replaceable battery, replaceable parts, irreplaceable bass.
Made to be repaired, by you if you like.
@goods
headphones | speakers | refurbished turntables | earbuds
@makers
acoustic engineers | sound engineers | critical listeners | repairers
@fans
listeners | vinyl people | podcasters | bedroom producers
@role
an acoustic engineer | a firmware developer | a product photographer | a repair technician
an artist-relations manager
@place
the anechoic chamber | our {city} listening bar | the tuning room | the repair bench
@tip
60% volume, 60 minutes, then a break. Your ears don't grow back.
Speakers at ear height, a little away from the wall, pointing at the sofa.
Clean the stylus before you blame the record.
Earbud tips matter more than codecs. Try all three sizes.
Store vinyl upright. Flat stacks warp.
@scene
It's so quiet in the anechoic chamber that {first} can hear a blink.
Our listening panel has heard the same 12 seconds of piano {hundreds} times today.
Drop test number {dozens}: the earbuds are fine, the floor is not.
{first} solders the first hundred amps of every run by hand.
@story
{first} recorded an album in a closet with our microphones. It's out today.
{first} has worn the same pair for {years} years. We replaced the pads and left the stickers.
A choir in {city} sang across {dozens} bedrooms with our earbuds in.
{woman} gave her late father's turntable a second life at our repair bench.
@green
Every part of the new model can be swapped with one screwdriver.
Refurbished with a full warranty: {thousands} headphones kept out of the drawer.
Aluminum from old bikes, fabric from old sails.
We've dropped the plastic tray, the twist ties and the manual nobody read.
@fault
the latest firmware drops calls on some phones | our app can't find new speakers
warranty registration is timing out
@cause
instruments for {dozens} school bands
hearing tests for {hundreds} children
free studio time for young artists in {city}
@event
Vinyl Night in {city} | the Ohmbird Listening Session | Record Store Day
the Home Studio workshop
@ask
What's the first album you bought with your own money?
One song on repeat today: which?
Headphones on the train: noise canceling or people watching?
Best opening track of all time?
@metric
headphone sales rose {pct}% | refurbished units grew {pct}%
gross margin improved to {most}% | we shipped {hundreds} thousand earbuds
@tag
#Ohmbird | #NowSpinning | #HiFi | #Vinyl | #SoundOn
@emoji
🎧 | 🎶 | 🔊 | 🎵
"""
