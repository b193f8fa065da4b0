"""What banks, insurers and health companies talk about."""

MERRIFOLD = """
@product
the Merrifold Everyday account :: No monthly fee and a human on the phone. :: See what you spend before you've spent it.
Round-Up Savings :: It puts your spare change to work while you sleep. :: Buy a coffee, save 40 cents, repeat.
the First Keys mortgage :: Deposits from 5% and an answer within a day. :: For everyone who's tired of paying someone else's.
Merrifold for Sole Traders :: Invoices, taxes and a card in one app. :: Opened in ten minutes, between two customers.
instant card freeze :: Lost it? One tap. Found it in the sofa? One tap. :: Because panic shouldn't take forty minutes on hold.
the Green Home loan :: Lower rates for insulation, solar and heat pumps. :: The warmer your home, the cheaper your loan.
@benefit
Set it up in four minutes from your phone.
Built with {hundreds} customers in {city}.
@goods
international transfers | home-loan fees | business accounts | card fees
@makers
advisers | branch teams | fraud investigators | analysts
@fans
customers | savers | first-time buyers | business owners
@role
a mortgage adviser | a fraud analyst | a data scientist | a branch manager
a compliance officer | a mobile developer
@place
our {city} branch | the fraud desk | the contact center | our headquarters
@tip
We will never ask you to move money to a "safe account." If someone does, hang up.
Pay yourself first: move savings on payday, not at month's end.
Check your credit report once a year. It's free, and mistakes are common.
Three months of expenses is a good emergency fund. One month is a great start.
Read the APR, not the monthly payment.
Use a different password for your bank than for anything else. Yes, anything.
@scene
Our fraud desk stopped {hundreds} scam payments before lunch today.
{first} has opened the {city} branch every morning for {years} years.
What happens in the two seconds after you tap? {few} systems and a lot of caution.
Our economists argue about inflation over sandwiches. We listened in.
@story
{first} and {second} got the keys to their first home this morning.
{first} started with $200 and a hot-dog cart. Today {first} opened restaurant number three.
A caller told {first}, 79, to withdraw everything. Our teller asked one question and stopped it.
{first} paid off the last student loan on Friday. We asked for a photo of the dance.
@green
We've stopped financing new coal projects. No exceptions.
Every debit card we issue is now made from recycled plastic.
We've lent {money} to households for insulation and solar this year.
Our branches cut their own emissions by {pct}% and we publish every ton.
@fault
some customers can't log in to mobile banking | card payments are being declined at a few stores
transfers are taking longer than usual | our ATMs in {city} are out of service
@cause
money lessons in {hundreds} schools
debt advice for {thousands} households
grants for {dozens} small charities in {city}
@event
our first-time buyer evening in {city} | the Merrifold Small Business Forum
Fraud Awareness Week | the annual shareholder meeting
@ask
What was your first job and what did you do with your first paycheck?
Cash, card or phone?
What's the best money advice you've been given?
Saving for something? Tell us what.
@metric
customer deposits grew {pct}% | net income was {money}
mortgage lending rose {pct}% | our cost-to-income ratio improved to {most}%
@tag
#Merrifold | #MoneyTips | #FirstHome | #SmallBusiness | #StopScams
@emoji
💳 | 🏡 | 💰 | 🔑
"""

COPPERLID = """
@product
Copperlid Home Basics :: Plain English, two pages, no surprises. :: Priced on your street, not on your whole zip code.
pay-by-the-mile cover :: Drive less, pay less. That's the entire idea. :: For everyone whose car mostly sits there.
Copperlid Pet :: Vet bills covered from the first chewed sock. :: Dogs, cats and one very expensive parrot.
cyber cover for small firms :: Hacked on a Sunday? We pick up on a Sunday. :: Includes the expert, not just the check.
the one-photo claim :: File it with a photo, get an answer the same day. :: Half our claims now take under an hour.
our flood-ready policy :: Pays out when the river gauge says so. No forms. :: Covers raising the sockets, too.
@benefit
Cancel whenever you like. You won't need to.
Written with {dozens} customers who had to use the old one.
@goods
home insurance | renters' cover | travel cover | business policies
@makers
claims handlers | underwriters | storm responders | loss adjusters
@fans
policyholders | renters | homeowners | careful drivers
@role
a claims handler | an actuary | an underwriter | a catastrophe modeler
a customer care adviser
@place
our storm desk | the {city} claims office | the call floor | headquarters
@tip
Photograph every room once a year. Claims get settled twice as fast.
Know where your water shut-off is before you need it.
Storm on the way? Bring in the trampoline. It always ends up next door.
Clean the gutters in November, not after the ceiling stain.
Most renters think the landlord's policy covers their things. It doesn't.
Never leave a charging e-bike in the hallway overnight.
@scene
When the wind hits 60 mph, our storm desk orders pizza and doubles the phones.
{first} has assessed {thousands} roofs and still waves at every cat up there.
Actuaries at the whiteboard. The drawing is a hailstone. The number is a lot.
Our claims team settled {hundreds} cases between Friday's storm and Monday's coffee.
@story
The tree missed {first}'s bed by a foot. We had a roofer there by noon.
{first}'s bakery flooded on a Tuesday and reopened on the Saturday.
A meteorite the size of a grape went through {first}'s garage. Yes, it's covered.
{first} called about a stolen bike and stayed on the line to tell us about the wedding.
@green
Choose a repaired part over a new one and we'll lower your deductible.
Claims from wildfire smoke have doubled in {few} years. Here's what we're doing about it.
We no longer insure new oil fields, and we've published the date for the old ones.
Flood-resilient repairs are now standard, at no extra cost.
@fault
our claims portal isn't accepting photos | phone lines are very busy after last night's storm
renewal letters went out with the wrong date
@cause
smoke alarms for {thousands} homes
flood barriers for {few} riverside streets
a new van for {city} search and rescue
@event
our winter-ready webinar | the Resilient Homes Forum in {city} | Fire Safety Week
the Road Safety Roadshow
@ask
What's the strangest thing you've insured, or wish you had?
Do you read the small print? Truly?
What would you grab first if the alarm went off?
Garage: car or everything except the car?
@metric
gross written premium rose {pct}% | our combined ratio was {most}%
{most}% of claims were settled within a week | storm claims reached {money}
@tag
#Copperlid | #StormReady | #HomeSafety | #Insurance | #SafeDriving
@emoji
☂️ | 🏠 | 🌧️ | 🛡️
"""

CAREWYN = """
@product
the Carewyn at-home test :: Results in a day, explained by a nurse, not by a search engine. :: One drop, one envelope, no waiting room.
the same-day video visit :: No referral, no waiting room, no old magazines. :: See a doctor before lunch is over.
the Breathe Easy inhaler :: Counts your doses and reminds you to refill. :: Designed with patients, from the first sketch on.
the Carewyn Night Clinic :: Open when you actually need it: until midnight, seven days. :: For fevers that don't keep office hours.
our migraine diary app :: Spots your triggers in {few} weeks. :: Built by a neurologist who gets them, too.
the {city} heart center :: Every specialist on one floor. :: From first scan to treatment plan in one day.
@benefit
Clinically validated with {thousands} patients.
Covered by most plans.
@goods
flu shots | health checks | hearing tests | home-care equipment
@makers
nurses | researchers | pharmacists | therapists
@fans
patients | caregivers | families | volunteers
@role
a registered nurse | a clinical trial coordinator | a biostatistician | a pharmacist
a speech therapist
@place
our {city} clinic | the research lab | the night clinic | ward 6
@tip
Flu shots take two weeks to work. Get yours before you need it.
FAST: face, arms, speech, time. Know the signs of a stroke.
Finish the antibiotics, even when you feel fine.
Check your moles every month: shape, border, color, size.
Blue light before bed isn't the villain. The scrolling is.
A ten-minute walk after dinner does more for blood sugar than you'd think.
@scene
3 a.m. on ward 6. {first} has answered {dozens} calls and smiled at all of them.
Our researchers freeze samples at minus 80. The coffee is a little warmer.
{first} has worked in trials for {years} years. "The best day is when the blind comes off."
Before a tablet reaches you it passes {dozens} checks. Here are our favorite {few}.
@story
{first} rang the bell today. Eighteen months, {dozens} treatments, one very loud ring.
{first} walked out of our {city} clinic on a new knee and straight to the dance floor.
Born at 25 weeks, {first} started school this morning.
{first} hears birds again for the first time in {years} years.
Two strangers, one kidney, one friendship. Meet {first} and {second}.
@green
Our {city} clinic swapped the worst anesthetic gas for one with a 20th of the footprint.
Return your old inhaler at any of our pharmacies. The propellant doesn't belong in the bin.
Cleaner air is medicine. We've signed the hospital climate pledge.
We cut single-use plastic on our wards by {pct}%, and infections didn't budge.
@fault
video visits are dropping for some patients | the appointment portal is down
prescription texts are arriving late
@cause
{thousands} free eye tests
{hundreds} vaccinations at mobile clinics
research into childhood cancer
@event
our free heart check in {city} | the Carewyn Nursing Awards | World Health Day at {place}
the Rare Disease Symposium
@ask
What helps you fall asleep?
Who is the nurse you'll never forget?
How many glasses of water today so far?
What would you like to ask a pharmacist?
@metric
patient visits rose {pct}% | {few} medicines entered late-stage trials
patient satisfaction reached {most}% | we invested {money} in research
@tag
#CarewynHealth | #NursesRock | #HealthTips | #WorldHealthDay | #PatientStories
@emoji
❤️ | 🩺 | 💙 | 💊
"""
